<?php
// TEST STAND-IN. What a provisioning script does with the models: php provision.php DOCROOT; prints the API key.
define('MW_APP_NAME', 'console');
define('MW_RETURN_APP_INSTANCE', true);
require $argv[1] . '/apps/init.php';

$customer = Customer::model()->findByAttributes(array('email' => 'ada@example.com'));
$key = new CustomerApiKey();
$key->customer_id = $customer->customer_id;
$key->name = 'provisioned';
if (!$key->save()) {
    fwrite(STDERR, json_encode($key->getErrors()) . "\n");
    exit(1);
}

$server = new DeliveryServerSmtpPmta();
$server->attributes = array('name' => 'mail1', 'hostname' => '192.0.2.2', 'port' => 2525, 'username' => 'panel',
    'password' => 'smtp-secret', 'from_email' => 'hello@mail1.example.com', 'force_from' => 'always', 'status' => 'active');
$server->additional_headers = array(array('name' => 'X-Virtual-MTA', 'value' => 'vmta-mail1'));
if (!$server->save()) {
    fwrite(STDERR, json_encode($server->getErrors()) . "\n");
    exit(1);
}
$again = DeliveryServer::model()->findByPk($server->server_id);
$refused = new DeliveryServerSmtp();
$same = $again->password === 'smtp-secret' && $again->type === 'smtp-pmta' && $again->status === 'active'
    && $again->additional_headers[0]['value'] === 'vmta-mail1' && !$refused->save() && $refused->hasErrors();
if (!$same) {
    fwrite(STDERR, "The delivery server was not read back as it was written.\n");
    exit(1);
}
$again->name = 'mail1 again';
$again->save();
if (DeliveryServer::model()->findByPk($server->server_id)->password !== 'smtp-secret' || DeliveryServer::model()->count() !== 1) {
    fwrite(STDERR, "Saving again changed the password or added a row.\n");
    exit(1);
}
echo $key->key, "\n";
