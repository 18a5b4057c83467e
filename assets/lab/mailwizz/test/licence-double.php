<?php
// TEST STAND-IN. The licence server of the tests: php -S 127.0.0.1:PORT licence-double.php
// The code decides the answer: TEST-0000-ERROR…, TEST-0000-TIMEOUT… (too late: the stand-in waits 10 s), any other TEST-0000-… is accepted.
$key = isset($_POST['key']) ? (string) $_POST['key'] : '';
if (strpos($key, 'TEST-0000-TIMEOUT') === 0) {
    sleep(12);
}
$accepted = isset($_POST['orders_count']) && preg_match('/^TEST-0000-(?!ERROR)/', $key);
header('Content-Type: application/json');
echo json_encode($accepted
    ? array('status' => 'success', 'message' => 'OK')
    : array('status' => 'error', 'message' => 'This purchase code is not valid.'));
