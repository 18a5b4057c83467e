<?php
// TEST STAND-IN. Not MailWizz: our own code, which honours the same outward contract so that a deployment can be tested.

define('MW_VERSION', '2.2.11');
define('MW_ROOT_PATH', dirname(__DIR__));
define('MW_APPS_PATH', __DIR__);

if (PHP_VERSION_ID < 70200) {
    http_response_code(500);
    exit("PHP 7.2 is required.\n");
}
if (!defined('MW_APP_NAME')) {
    http_response_code(403);
    exit("No application was named.\n");
}

error_reporting(E_ALL);
ini_set('display_errors', MW_APP_NAME === 'console' ? 'stderr' : '0');
date_default_timezone_set('UTC');
require MW_APPS_PATH . '/common/standin/load.php';

// A script that sets this wants the models, not a page: it gets the application and goes on by itself.
if (defined('MW_RETURN_APP_INSTANCE') && MW_RETURN_APP_INSTANCE) {
    return Yii::createApplication(MW_APP_NAME);
}

StandinRunner::run(MW_APP_NAME);
