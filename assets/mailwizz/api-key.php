<?php
// Run by ee as the web user, inside the application: the key of the API on VPS3, made once through the application's own models.
define('MW_APP_NAME', 'console');
define('MW_RETURN_APP_INSTANCE', true);
require $input['root'] . '/apps/init.php';

$customer = Customer::model()->findByAttributes(array('email' => $input['email']));
if ($customer === null && $input['make']) {
    $customer = new Customer();
    $customer->first_name = 'Email';
    $customer->last_name = 'Engine';
    $customer->email = $input['email'];
    $customer->timezone = 'UTC';
    $customer->status = Customer::STATUS_ACTIVE;
    // Nobody logs in as this customer: nobody knows the password.
    $customer->password = passwordHasher()->hash(bin2hex(random_bytes(32)));
    $customer->save(false);
}
$key = $customer === null ? null : CustomerApiKey::model()->findByAttributes(array(
    'customer_id' => $customer->customer_id, 'name' => $input['name'],
));
if ($customer !== null && $input['make']) {
    if ($key === null) {
        $key = new CustomerApiKey();
        $key->customer_id = $customer->customer_id;
        $key->name = $input['name'];
        $key->key = $key->generateUniqueKey();
    }
    $key->ip_whitelist = $input['address'];
    if (!$key->save()) {
        file_put_contents('php://stderr', json_encode($key->getErrors()) . "\n");
        exit(1);
    }
}
if ($key !== null) {
    echo "key\t", $key->key, "\naddress\t", $key->ip_whitelist, "\n";
}
