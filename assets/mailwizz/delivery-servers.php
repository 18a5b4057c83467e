<?php
// Run by ee as the web user, inside the application: its delivery servers, read and written through its own models, which encrypt.
define('MW_APP_NAME', 'console');
define('MW_RETURN_APP_INSTANCE', true);
require $input['root'] . '/apps/init.php';

const EE_HEADER = 'X-Virtual-MTA';

foreach ($input['save'] as $wanted) {
    $server = isset($wanted['id']) ? DeliveryServer::model()->findByPk($wanted['id']) : new DeliveryServerSmtpPmta();
    foreach ($wanted['values'] as $name => $value) {
        $server->$name = $value;
    }
    if (isset($wanted['virtualMta'])) {
        $others = array_filter((array) $server->additional_headers, function ($header) {
            return strcasecmp($header['name'], EE_HEADER) !== 0;
        });
        $server->additional_headers = array_merge(array_values($others), array(
            array('name' => EE_HEADER, 'value' => $wanted['virtualMta']),
        ));
    }
    if (!$server->save()) {
        file_put_contents('php://stderr', $wanted['values']['name'] . ': ' . json_encode($server->getErrors()) . "\n");
        exit(1);
    }
}

foreach (DeliveryServer::model()->findAll() as $server) {
    $asked = '';
    foreach ((array) $server->additional_headers as $header) {
        $asked = strcasecmp($header['name'], EE_HEADER) === 0 ? $header['value'] : $asked;
    }
    echo "server\t", json_encode(array(
        'id' => (int) $server->server_id,
        'name' => (string) $server->name,
        'type' => (string) $server->type,
        'hostname' => (string) $server->hostname,
        'port' => (int) $server->port,
        'protocol' => (string) $server->protocol,
        'username' => (string) $server->username,
        'passwordAgrees' => hash_equals($input['password'], (string) $server->password),
        'from_email' => (string) $server->from_email,
        'force_from' => (string) $server->force_from,
        'use_for' => (string) $server->use_for,
        'status' => (string) $server->status,
        'virtualMta' => $asked,
    )), "\n";
}
