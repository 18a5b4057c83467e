<?php
// TEST STAND-IN. Not MailWizz: our own installation wizard, which honours the same outward contract.

define('MW_VERSION', '2.2.11');
define('MW_ROOT_PATH', dirname(__DIR__));
define('MW_APPS_PATH', MW_ROOT_PATH . '/apps');

if (PHP_VERSION_ID < 70200) {
    http_response_code(500);
    exit("PHP 7.2 is required.\n");
}
error_reporting(0);
ini_set('display_errors', '0');
date_default_timezone_set('UTC');
foreach (array('Knobs', 'Db', 'PasswordHash', 'Licence', 'Options') as $part) {
    require MW_APPS_PATH . '/common/standin/' . $part . '.php';
}
require __DIR__ . '/inc/SqlImport.php';
require __DIR__ . '/inc/checks.php';
require __DIR__ . '/inc/Wizard.php';

session_name('PHPSESSID');
session_start();
(new Wizard($_SESSION))->answer(isset($_GET['route']) ? (string) $_GET['route'] : 'welcome');
