<?php
// TEST STAND-IN. What the wizard asks of the host.

/** Each requirement: name, whether it is met, whether the installation can do without. */
function standin_requirements()
{
    $server = true;
    foreach (array('HTTP_HOST', 'SERVER_NAME', 'SERVER_PORT', 'SCRIPT_NAME', 'SCRIPT_FILENAME', 'PHP_SELF', 'HTTP_ACCEPT',
        'HTTP_USER_AGENT') as $key) {
        $server = $server && isset($_SERVER[$key]);
    }
    $list = array(array('PHP 7.2', PHP_VERSION_ID >= 70200, false), array('$_SERVER', $server, false));
    foreach (array('Reflection', 'pcre', 'SPL', 'dom', 'PDO', 'pdo_mysql', 'mbstring', 'curl', 'gd', 'zip') as $name) {
        $list[] = array($name, standin_has($name) && ($name !== 'curl' || function_exists('curl_exec')), false);
    }
    foreach (array('ctype', 'fileinfo', 'imap') as $name) {
        $list[] = array($name, standin_has($name), true);
    }
    return $list;
}

function standin_has($extension)
{
    return extension_loaded($extension) && strcasecmp(Knobs::get('missing_extension'), $extension) !== 0;
}

/** Each of the eight directories and whether it can be written; the wizard opens those it owns, as the contract says. */
function standin_directories()
{
    $list = array();
    foreach (array('apps/common/config', 'apps/common/runtime', 'backend/assets/cache', 'customer/assets/cache',
        'frontend/assets/cache', 'frontend/assets/files', 'frontend/assets/gallery', 'apps/extensions') as $name) {
        $path = MW_ROOT_PATH . '/' . $name;
        if (is_dir($path)) {
            @chmod($path, 0777);
        }
        $list[] = array($name, is_dir($path) && is_writable($path), false);
    }
    return $list;
}

/** 1 = all met, -1 = only optional ones missing, 0 = the installation cannot go on. */
function standin_result(array $list)
{
    $result = 1;
    foreach ($list as $item) {
        if (!$item[1]) {
            if (!$item[2]) {
                return 0;
            }
            $result = -1;
        }
    }
    return $result;
}
