<?php
// Run by ee as the web user: where the application's configuration leads. Its password is not told.
$config = is_readable($input['file']) ? include $input['file'] : null;
$db = is_array($config) && isset($config['components']['db']) ? $config['components']['db'] : null;
if (!is_array($db) || !isset($db['connectionString'], $db['username'])) {
    echo "unreadable\n";
    exit;
}
echo json_encode(array(
    'dsn' => (string) $db['connectionString'],
    'user' => (string) $db['username'],
    'prefix' => isset($db['tablePrefix']) ? (string) $db['tablePrefix'] : '',
)), "\n";
