<?php
// TEST STAND-IN. Not MailWizz: our own code, which honours the same outward contract so that a deployment can be tested.
define('MW_APP_NAME', 'console');
require __DIR__ . '/../init.php';
