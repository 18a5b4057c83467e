<?php
// TEST STAND-IN. The defaults; main-custom.php beside this file, written by the installer, is laid over them.
return array(
    'components' => array(
        'db' => array('connectionString' => '', 'username' => '', 'password' => '', 'tablePrefix' => ''),
    ),
    'params' => array('email.custom.header.prefix' => 'X-'),
);
