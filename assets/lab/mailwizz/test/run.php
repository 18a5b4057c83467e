<?php
/*
 * TEST STAND-IN. Walks the stand-in from an empty database to a working installation and checks the contract on the way.
 *
 *   MWSTUB_TEST_DB_PASSWORD=… php run.php --url=http://127.0.0.1:8080 --root=/var/www/mailwizz \
 *       --db-host=127.0.0.1 --db-port=3306 --db-name=NAME --db-user=USER
 *
 * The docroot must hold the variant `fresh`, served at --url; its apps/mwstub.ini must name the licence test double of this
 * directory as license_url; the database must be empty; this script runs on that host, as the user of the web server, for it also runs
 * the console and edits apps/mwstub.ini (faults). Exit status 1 when anything is not as it should be.
 */
require __DIR__ . '/client.php';

$o = getopt('', array('url:', 'root:', 'db-host:', 'db-port:', 'db-name:', 'db-user:'));
foreach (array('url', 'root', 'db-host', 'db-name', 'db-user') as $needed) {
    if (empty($o[$needed])) {
        fwrite(STDERR, "Missing --$needed.\n");
        exit(2);
    }
}
$url = rtrim($o['url'], '/');
$root = rtrim($o['root'], '/');
$port = empty($o['db-port']) ? '3306' : $o['db-port'];
$password = (string) getenv('MWSTUB_TEST_DB_PASSWORD');
$config = $root . '/apps/common/config/main-custom.php';
$pdo = new PDO("mysql:host={$o['db-host']};port=$port;dbname={$o['db-name']}", $o['db-user'], $password,
    array(PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION));
$scalar = function ($sql) use ($pdo) {
    return $pdo->query($sql)->fetchColumn();
};
$ini = $root . '/apps/mwstub.ini';
$plainIni = is_file($ini) ? file_get_contents($ini) : '';
$fault = function ($line) use ($ini, $plainIni) {
    file_put_contents($ini, $plainIni . "\n" . $line . "\n");
};
$console = function ($words) use ($root) {
    exec(escapeshellarg(PHP_BINARY) . ' -q ' . escapeshellarg("$root/apps/console/console.php") . " $words 2>&1", $lines, $status);
    return array($status, implode("\n", $lines));
};

// --- before the installation
$client = new Client($url . '/install/');
is('the site without configuration fails', 500, (new Client($url))->get('/')->code);
is('the console without configuration fails', 1, $console('hello')[0]);
is('the wizard opens', 200, $client->get('index.php')->code);
is('a step out of order leads back', 'index.php?route=welcome', $client->get('index.php?route=database')->location);

// --- welcome
$welcome = array('market_place' => 'mailwizz', 'purchase_code' => 'TEST-0000-0000-0001', 'site_name' => 'Panel', 'next' => '1',
    'site_tagline' => 'A panel', 'site_description' => 'A panel for tests', 'terms_consent' => '1');
foreach (array(
    'a site name with the product name' => array('site_name' => 'My MailWizz'),
    'a site name too long' => array('site_name' => str_repeat('x', 21)),
    'no consent' => array('terms_consent' => ''),
    'an unknown market place' => array('market_place' => 'other'),
    'a purchase code that is not synthetic' => array('purchase_code' => '11111111-2222-3333-4444-555555555555'),
    'a purchase code the license server refuses' => array('purchase_code' => 'TEST-0000-ERROR-0001'),
    'a license server that is too late' => array('purchase_code' => 'TEST-0000-TIMEOUT-0001'),
) as $what => $change) {
    refused($what, $client->post('index.php?route=welcome', $change + $welcome));
}
$fault('license_url=');
refused('any code while no license server is set', $client->post('index.php?route=welcome', $welcome));
$fault('');
leads('welcome', 'requirements', $client->post('index.php?route=welcome', $welcome));
is('requirements opens', 200, $client->get('index.php?route=requirements')->code);
$client->get('index.php?route=welcome');
is('a look at welcome loses the progress', 'index.php?route=welcome', $client->get('index.php?route=requirements')->location);
leads('welcome', 'requirements', $client->post('index.php?route=welcome', $welcome));

// --- requirements and filesystem
refused('a result of 0', $client->post('index.php?route=requirements', array('result' => '0')));
refused('a client without Accept and User-Agent', $client->bare()->post('index.php?route=requirements', array('result' => '1')));
$fault('missing_extension=gd');
refused('a host without gd', $client->post('index.php?route=requirements', array('result' => '1')));
$fault('missing_extension=imap');
leads('a host without imap', 'filesystem', $client->post('index.php?route=requirements', array('result' => '-1')));
$fault('');
rename("$root/apps/extensions", "$root/apps/extensions-away");
refused('a missing directory', $client->post('index.php?route=filesystem', array('result' => '1')));
rename("$root/apps/extensions-away", "$root/apps/extensions");
leads('filesystem', 'database', $client->post('index.php?route=filesystem', array('result' => '1')));

// --- database
$database = array('hostname' => $o['db-host'], 'port' => $port, 'dbname' => $o['db-name'], 'username' => $o['db-user'],
    'password' => $password, 'prefix' => 'mw_', 'next' => '1');
refused('a hostname with a colon', $client->post('index.php?route=database', array('hostname' => 'h:3306') + $database));
refused('a prefix in capitals', $client->post('index.php?route=database', array('prefix' => 'MW_') + $database));
refused('a wrong password', $client->post('index.php?route=database', array('password' => 'wrong') + $database));
is('no configuration is written before the database answers', false, is_file($config));
$fault('fail_import_at=9');
refused('an import that fails half-way', $client->post('index.php?route=database', $database));
is('the configuration stays after it', true, is_file($config));
is('another session is locked out', '../', (new Client($url . '/install/'))->get('index.php')->location);
$version = "SELECT value FROM mw_option WHERE category = 'system.common' AND `key` = 'version'";
$fault('install_version=2.1.13');
leads('a wizard of another release', 'admin', $client->post('index.php?route=database', $database));
is('it stores its own version', '2.1.13', $scalar($version));
is('and leaves the application offline', 503, (new Client($url))->get('/')->code);
$fault('slow_import=2');
$begun = microtime(true);
leads('the same session may retry', 'admin', $client->post('index.php?route=database', $database));
is('a slow import is slow', true, microtime(true) - $begun >= 2);
$fault('');
is('the configuration is read-only', '555', decoct(fileperms($config) & 0777));
is('the tables carry the prefix', '25', (string) $scalar("SELECT COUNT(*) FROM information_schema.tables"
    . " WHERE table_schema = DATABASE() AND table_name LIKE 'mw\\_%'"));
is('no table lacks it', '0', (string) $scalar("SELECT COUNT(*) FROM information_schema.tables"
    . " WHERE table_schema = DATABASE() AND table_name NOT LIKE 'mw\\_%'"));
is('zones refer to countries', true, $scalar('SELECT COUNT(*) FROM mw_zone JOIN mw_country USING (country_id)') > 20);
is('the version is stored', '2.2.11', $scalar($version));

// --- admin, cron, finish
$admin = array('first_name' => 'Ada', 'last_name' => 'Byron', 'email' => 'ada@example.com', 'password' => 'Correct-1-horse',
    'timezone' => 'Europe/Paris', 'create_customer' => 'yes', 'next' => '1');
refused('a name with digits', $client->post('index.php?route=admin', array('first_name' => 'R2D2') + $admin));
refused('a short password', $client->post('index.php?route=admin', array('password' => 'abcde') + $admin));
leads('admin', 'cron', $client->post('index.php?route=admin', $admin));
is('the hash has 34 characters', '34', (string) $scalar('SELECT LENGTH(password) FROM mw_user'));
has('cron shows the lines', 'send-transactional-emails', $client->get('index.php?route=cron')->body);
leads('cron', 'finish', $client->post('index.php?route=cron', array('next' => '1')));
is('finish opens', 200, $client->get('index.php?route=finish')->code);
foreach (array('customer_email_template', 'customer_email_template_category', 'campaign', 'list', 'list_subscriber',
    'delivery_server', 'transactional_email') as $table) {
    is("$table is empty", '0', (string) $scalar("SELECT COUNT(*) FROM `mw_$table`"));
}
is('there is one user', '1', (string) $scalar('SELECT COUNT(*) FROM mw_user'));

// --- pages
$web = new Client($url);
is('the front page', 200, $web->get('/')->code);
is('the customer login', 200, $web->get('/customer/index.php/guest/index')->code);
is('both shapes of an address', 200, $web->get('/backend/guest/index')->code);
is('an unknown page', 404, $web->get('/index.php/no/such/page')->code);
has('the dashboard asks for a login', '/backend/index.php/guest/index', $web->get('/backend/index.php/dashboard/index')->location);
$login = $web->get('/backend/index.php/guest/index');
has('the login form', 'UserLogin[password]', $login->body);
preg_match('/name="csrf_token" value="([^"]+)"/', $login->body, $match);
$token = $match[1];
// Some web servers tell PHP the host without the port; only the port is passed over here.
$address = function ($text) {
    return preg_replace('#^(https?://[^/:]+):\d+#', '$1', $text);
};
$form = function (array $fields) use (&$token) {
    return $fields + array('csrf_token' => $token);
};
$user = array('email' => 'ada@example.com', 'password' => 'Correct-1-horse');
is('a forged token', 400, $web->post('/backend/index.php/guest/index', array('UserLogin' => $user, 'csrf_token' => 'x'))->code);
refused('a wrong login', $web->post('/backend/index.php/guest/index', $form(array('UserLogin' => array('password' => 'no') + $user))));
$answer = $web->post('/backend/index.php/guest/index', $form(array('UserLogin' => $user)));
is('a login', $address($url) . '/backend/index.php/dashboard/index', $address($answer->location));
is('no address is settled before the first visit', '0', (string) $scalar("SELECT COUNT(*) FROM mw_option WHERE category = 'system.urls'"));
is('the first dashboard visit asks once more', 302, $web->get('/backend/index.php/dashboard/index')->code);
has('the dashboard warns of the install directory', 'remove the install directory', $web->get('/backend/index.php/dashboard/index')->body);
is('the address is that of the visit', $address($url) . '/index.php/',
    $address($scalar("SELECT value FROM mw_option WHERE category = 'system.urls' AND `key` = 'frontend_absolute_url'")));
$license = function ($code) use ($web, $form) {
    return $web->post('/backend/index.php/settings/license', $form(array('OptionLicense' =>
        array('market_place' => 'envato', 'displayPurchaseCode' => $code))));
};
refused('a license the server refuses', $license('TEST-0000-ERROR-0002'));
is('a license it accepts', 302, $license('TEST-0000-0000-0002')->code);
is('the accepted license is kept', 'TEST-0000-0000-0002', $console('option get_option --name=system.license.purchase_code')[1]);

// --- console
is('hello', array(0, 'Hello World!'), $console('hello'));
is('the version by the console', array(0, '2.2.11'), $console('option get_option --name=system.common.version'));
is('an unknown command', 1, $console('process-bounces')[0]);
is('set_option', 0, $console('option set_option --name=system.common.site_tagline --value="a b"')[0]);
is('get_option', array(0, 'a b'), $console('option get_option --name=system.common.site_tagline'));
foreach (array('send-campaigns', 'queue', 'send-transactional-emails', 'process-delivery-and-bounce-log', 'bounce-handler',
    'feedback-loop-handler', 'hourly', 'daily') as $command) {
    is("$command is silent", array(0, ''), $console($command));
}
is('each run is written down', '8', (string) $scalar("SELECT COUNT(DISTINCT command) FROM mw_console_command_history"
    . " JOIN mw_console_command USING (command_id) WHERE status = 'success'"));
is('clear-cache', 0, $console('clear-cache')[0]);

// --- models for a script
exec(escapeshellarg(PHP_BINARY) . ' ' . escapeshellarg(__DIR__ . '/provision.php') . ' ' . escapeshellarg($root) . ' 2>&1', $lines, $status);
is('a script may use the models', 0, $status);
$key = trim(implode("\n", $lines));
is('the key is a sha1', 1, preg_match('/^[0-9a-f]{40}$/', $key));
is('a password is not stored in the clear', '0', (string) $scalar("SELECT COUNT(*) FROM mw_delivery_server WHERE password LIKE '%smtp-secret%'"));

// --- API
$api = new Client($url . '/api/index.php');
is('the API index', 200, $api->get('/')->code);
is('lists without a key', 400, $api->get('/lists')->code);
is('the error is JSON', 'error', $api->get('/lists')->json()['status']);
is('lists with a wrong key', 400, $api->with('X-Api-Key: ' . str_repeat('0', 40))->get('/lists')->code);
is('the older header', 200, $api->with('X-MW-PUBLIC-KEY: ' . $key)->get('/lists')->code);
$api = $api->with('X-Api-Key: ' . $key);
is('the clean shape', 200, (new Client($url . '/api'))->with('X-Api-Key: ' . $key)->get('/templates')->code);
$empty = $api->get('/templates')->json();
is('no templates at first', array('0', array()), array($empty['data']['count'], $empty['data']['records']));
$template = $api->post('/templates', array('template' => array('name' => 'One', 'content' => base64_encode('<p>Hello [UNSUBSCRIBE_URL]</p>'))));
is('a template is created', 201, $template->code);
$uid = $template->json()['template_uid'];
is('a template without a name', 422, $api->post('/templates', array('template' => array('content' => 'eA==')))->code);
is('a template is renamed', 200, $api->put("/templates/$uid", array('template' => array('name' => 'Two')))->code);
$seen = $api->get("/templates/$uid")->json()['data']['record'];
is('a template is read', array('Two', '<p>Hello [UNSUBSCRIBE_URL]</p>'), array($seen['name'], $seen['content']));
$list = $api->post('/lists', array('general' => array('name' => 'News', 'description' => 'x'), 'defaults' => array('from_name' => 'Ada',
    'from_email' => 'ada@example.com', 'reply_to' => 'ada@example.com')));
is('a list is created', 201, $list->code);
$listUid = $list->json()['list_uid'];
$subscriber = $api->post("/lists/$listUid/subscribers", array('EMAIL' => 'bob@example.com', 'FNAME' => 'Bob'));
is('a subscriber is created', 201, $subscriber->code);
is('the same subscriber again', 409, $api->post("/lists/$listUid/subscribers", array('EMAIL' => 'bob@example.com'))->code);
is('subscribers are counted', '1', $api->get("/lists/$listUid/subscribers")->json()['data']['count']);
$campaign = $api->post('/campaigns', array('campaign' => array('name' => 'C', 'from_name' => 'Ada', 'from_email' => 'ada@example.com',
    'reply_to' => 'ada@example.com', 'subject' => 'S', 'send_at' => '2030-01-01 00:00:00', 'list_uid' => $listUid,
    'template' => array('template_uid' => $uid))));
is('a campaign is created', 201, $campaign->code);
is('a campaign without a way out', 422, $api->put('/campaigns/' . $campaign->json()['campaign_uid'],
    array('campaign' => array('template' => array('content' => base64_encode('<p>Hello</p>')))))->code);
$email = $api->post('/transactional-emails', array('email' => array('to_email' => 'bob@example.com', 'to_name' => 'Bob',
    'from_name' => 'Ada', 'subject' => 'S', 'body' => base64_encode('<p>x</p>'), 'send_at' => '2030-01-01 00:00:00')));
is('a transactional email is queued', 201, $email->code);
is('delivery servers can be listed', 200, $api->get('/delivery-servers')->code);
is('delivery servers cannot be created', 400, $api->post('/delivery-servers', array('hostname' => 'x'))->code);
is('an unknown record', 404, $api->get('/templates/0000000000000')->code);
is('a record is deleted', 200, $api->delete("/templates/$uid")->code);
is('and is gone', 404, $api->get("/templates/$uid")->code);

// --- sending
$smtp = popen(escapeshellarg(PHP_BINARY) . ' ' . escapeshellarg(__DIR__ . '/smtp-double.php'), 'r');
$pdo->exec("UPDATE mw_delivery_server SET hostname = '127.0.0.1', port = " . (int) fgets($smtp));
$due = $api->post('/transactional-emails', array('email' => array('to_email' => 'bob@example.com', 'to_name' => 'Bob', 'from_name' => 'Ada',
    'subject' => 'S', 'body' => base64_encode('<p>due</p>'), 'send_at' => '2020-01-01 00:00:00')))->json()['email_uid'];
is('the cron sends what is due', array(0, ''), $console('send-transactional-emails'));
$said = stream_get_contents($smtp);
has('with the credentials of the server', 'AUTH PLAIN ' . base64_encode("\0panel\0smtp-secret"), $said);
has('from the address the server forces', 'MAIL FROM:<hello@mail1.example.com>', $said);
has('with the headers of the server', "\r\nX-Virtual-MTA: vmta-mail1\r\n", $said);
has('and the body', base64_encode('<p>due</p>'), $said);
is('it is marked as sent', 'sent', $api->get("/transactional-emails/$due")->json()['data']['record']['status']);
is('what is not due stays', '1', (string) $scalar("SELECT COUNT(*) FROM mw_transactional_email WHERE status = 'unsent'"));
$retry = $api->post('/transactional-emails', array('email' => array('to_email' => 'bob@example.com', 'to_name' => 'Bob', 'from_name' => 'Ada',
    'subject' => 'S', 'body' => base64_encode('x'), 'send_at' => '2020-01-01 00:00:00')))->json()['email_uid'];
$console('send-transactional-emails');
$seen = $api->get("/transactional-emails/$retry")->json()['data']['record'];
is('a server that is away means another try', array('unsent', '1'), array($seen['status'], (string) $seen['retries']));

// --- campaigns
$smtp = popen(escapeshellarg(PHP_BINARY) . ' ' . escapeshellarg(__DIR__ . '/smtp-double.php'), 'r');
$pdo->exec("UPDATE mw_delivery_server SET hostname = '127.0.0.1', port = " . (int) fgets($smtp));
$campaignUid = $campaign->json()['campaign_uid'];
is('send-campaigns leaves what is not due', array(0, ''), $console('send-campaigns'));
is('it waits', 'pending-sending', $api->get("/campaigns/$campaignUid")->json()['data']['record']['status']);
$api->put("/campaigns/$campaignUid", array('campaign' => array('send_at' => '2020-01-01 00:00:00')));
is('send-campaigns', array(0, ''), $console('send-campaigns'));
$said = stream_get_contents($smtp);
has('the campaign is from the address the server forces', "\r\nFrom: =?utf-8?B?QWRh?= <hello@mail1.example.com>\r\n", $said);
has('it names itself', "\r\nX-Campaign-Uid: $campaignUid\r\n", $said);
has('it can be left with one click', "\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n", $said);
preg_match('#\r\nList-Unsubscribe: <https?://[^/]+(/[^>]+)>\r\n#', $said, $way);
is('it is sent', 'sent', $api->get("/campaigns/$campaignUid")->json()['data']['record']['status']);
is('its delivery is written down', 'success', $api->get("/campaigns/$campaignUid/delivery-logs")->json()['data']['records'][0]['status']);
$status = function () use ($scalar) {
    return $scalar("SELECT status FROM mw_list_subscriber WHERE email = 'bob@example.com'");
};
$web->get($way[1]);
is('a look unsubscribes nobody', 'confirmed', $status());
is('a POST of something else neither', 400, $web->post($way[1], array('x' => 'y'))->code);
is('one click', 200, $web->post($way[1], array('List-Unsubscribe' => 'One-Click'))->code);
is('unsubscribes', 'unsubscribed', $status());
is('a second click is as good', 200, $web->post($way[1], array('List-Unsubscribe' => 'One-Click'))->code);
is('it is written down once', '1', $api->get("/campaigns/$campaignUid/unsubscribes")->json()['data']['count']);
is('somebody else is nobody', 404, $web->post(str_replace('/unsubscribe/', '/unsubscribe/x', $way[1]), array('List-Unsubscribe' => 'One-Click'))->code);

// --- push
$pdo->exec("UPDATE mw_campaign_delivery_log SET email_message_id = 'm1@example.com'");
$pdo->exec("UPDATE mw_list_subscriber SET status = 'confirmed'");
$event = function ($type, $category) {
    return json_encode(array('type' => $type, 'bounceCat' => $category, 'dsnDiag' => 'smtp;550', 'header_Message-Id' => '<m1@example.com>'));
};
$push = $web->with('Content-Type: application/json');
$push->raw('/dswh/pmta', $event('f', ''));
is('a complaint unsubscribes', 'unsubscribed', $status());
$push->raw('/dswh/pmta', $event('b', 'quota-issues'));
is('a soft bounce blacklists nobody', '0', (string) $scalar('SELECT COUNT(*) FROM mw_email_blacklist'));
$pdo->exec('DELETE FROM mw_campaign_bounce_log');
is('push takes an object', 200, $push->raw('/dswh/pmta', $event('b', 'bad-mailbox'))->code);
$push->raw('/index.php/dswh/pmta', '[' . $event('rb', 'quota-issues') . ',' . $event('b', 'spam-related') . ']');
$push->raw('/dswh/pmta', $event('rs', 'bad-domain') . "\n" . $event('f', '') . "\n");
is('bounces are sorted', 'hard,soft,internal,hard', $scalar('SELECT GROUP_CONCAT(bounce_type ORDER BY log_id) FROM mw_campaign_bounce_log'));
is('a hard one blacklists', 'bob@example.com blacklisted', $scalar('SELECT email FROM mw_email_blacklist') . ' ' . $status());
is('a bounce without its fields is an error', 500, $push->raw('/dswh/pmta', '{"type":"b","header_Message-Id":"<m1@example.com>"}')->code);
is('complaints are kept', '2', (string) $scalar('SELECT COUNT(*) FROM mw_campaign_complain_log'));

// --- offline, and a database older than the files
$console('option set_option --name=system.common.site_status --value=offline');
is('the console offline is silent', array(0, ''), $console('hello'));
is('the API offline', 503, $api->get('/lists')->code);
is('the front page offline', 503, $web->get('/')->code);
is('the customer area offline', 302, $web->get('/customer/index.php/guest/index')->code);
is('the backend offline', 200, $web->get('/backend/index.php/guest/index')->code);
is('update brings it back', 0, $console('update --interactive=0')[0]);
$console('option set_option --name=system.common.version --value=2.1.13');
is('an older database goes offline', array(0, ''), $console('hello'));
is('for the web too', 503, $web->get('/')->code);
$console('update --interactive=0');
is('and comes back', array(0, 'Hello World!'), $console('hello'));

finish();
