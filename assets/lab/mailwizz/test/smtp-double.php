<?php
// TEST STAND-IN. Takes one message on a free port of 127.0.0.1, prints the port first and then what the client said.
$server = stream_socket_server('tcp://127.0.0.1:0');
echo substr(strrchr(stream_socket_get_name($server, false), ':'), 1), "\n";
$client = stream_socket_accept($server, 30);
fwrite($client, "220 double.example.com ESMTP\r\n");
$inData = false;
while (($line = fgets($client)) !== false) {
    echo $line;
    if ($inData) {
        if (rtrim($line) === '.') {
            $inData = false;
            fwrite($client, "250 2.6.0 message received\r\n");
        }
        continue;
    }
    $verb = strtoupper(substr($line, 0, 4));
    $inData = $verb === 'DATA';
    $answers = array('EHLO' => "250-double.example.com\r\n250 AUTH PLAIN", 'AUTH' => '235 ok', 'DATA' => '354 go on', 'QUIT' => '221 bye');
    fwrite($client, (isset($answers[$verb]) ? $answers[$verb] : '250 ok') . "\r\n");
    if ($verb === 'QUIT') {
        break;
    }
}
