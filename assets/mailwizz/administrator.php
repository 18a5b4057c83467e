<?php
// Run by ee as the web user, inside the application: the first user, with a hash of the application's own making.
define('MW_APP_NAME', 'console');
define('MW_RETURN_APP_INSTANCE', true);
require $input['root'] . '/apps/init.php';

$hash = passwordHasher()->hash($input['password']);
if (strlen($hash) !== 34 || !passwordHasher()->check($input['password'], $hash)) {
    file_put_contents('php://stderr', "The application's own hasher gives no hash that it accepts.\n");
    exit(1);
}
db()->createCommand('INSERT INTO {{user}} (`user_uid`, `first_name`, `last_name`, `email`, `password`, `timezone`, `removable`,'
    . " `status`, `date_added`, `last_updated`) VALUES (:uid, :first, :last, :email, :hash, :zone, 'no', 'active', NOW(), NOW())")
    ->execute(array(
        ':uid' => substr(bin2hex(random_bytes(8)), 0, 13), ':first' => $input['firstName'], ':last' => $input['lastName'],
        ':email' => $input['email'], ':hash' => $hash, ':zone' => $input['timezone'],
    ));
