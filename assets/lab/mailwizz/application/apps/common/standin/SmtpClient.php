<?php
/** TEST STAND-IN. Hands one message to a delivery server: SMTP with AUTH PLAIN and, where asked for, TLS. */
final class SmtpClient
{
    private $stream;

    public function __construct(DeliveryServer $server)
    {
        $secure = $server->protocol === 'ssl' ? 'ssl://' : 'tcp://';
        $context = stream_context_create(array('ssl' => array('verify_peer' => false, 'verify_peer_name' => false)));
        $this->stream = @stream_socket_client($secure . $server->hostname . ':' . $server->port, $number, $reason,
            (int) $server->timeout, STREAM_CLIENT_CONNECT, $context);
        if (!$this->stream) {
            throw new RuntimeException("cannot reach {$server->hostname}:{$server->port}: $reason");
        }
        stream_set_timeout($this->stream, (int) $server->timeout);
        $this->expect(220);
        $greeting = 'EHLO ' . (gethostname() ?: 'localhost');
        $this->command($greeting, 250);
        if (in_array($server->protocol, array('tls', 'starttls'), true)) {
            $this->command('STARTTLS', 220);
            if (!stream_socket_enable_crypto($this->stream, true, STREAM_CRYPTO_METHOD_TLS_CLIENT)) {
                throw new RuntimeException('the TLS handshake failed');
            }
            $this->command($greeting, 250);
        }
        if ((string) $server->username !== '') {
            $this->command('AUTH PLAIN ' . base64_encode("\0" . $server->username . "\0" . $server->password), 235);
        }
    }

    /** Returns the server's last answer, which names the queue it put the message in. */
    public function send($from, $to, $message)
    {
        $this->command("MAIL FROM:<$from>", 250);
        $this->command("RCPT TO:<$to>", 250);
        $this->command('DATA', 354);
        $lines = preg_replace('/\r\n|\r|\n/', "\r\n", $message);
        return $this->command(preg_replace('/^\./m', '..', $lines) . "\r\n.", 250);
    }

    public function __destruct()
    {
        if ($this->stream) {
            @fwrite($this->stream, "QUIT\r\n");
            fclose($this->stream);
        }
    }

    private function command($line, $code)
    {
        fwrite($this->stream, $line . "\r\n");
        return $this->expect($code);
    }

    private function expect($code)
    {
        do {
            $line = fgets($this->stream);
            if ($line === false) {
                throw new RuntimeException('the server closed the connection');
            }
        } while (isset($line[3]) && $line[3] === '-');
        if ((int) $line !== $code) {
            throw new RuntimeException('the server answered: ' . trim($line));
        }
        return trim($line);
    }
}

/** Sends what is due through the active delivery server whose address the sender has, else through the first one. */
final class TransactionalSender
{
    public static function run()
    {
        $due = db()->query("SELECT `email_id` FROM {{transactional_email}} WHERE `status` = 'unsent' AND `send_at` <= NOW()"
            . ' AND `retries` < `max_retries` ORDER BY `email_id` LIMIT 50')->fetchAll(PDO::FETCH_COLUMN);
        $servers = $due ? DeliveryServer::model()->findAllByAttributes(array('status' => 'active')) : array();
        foreach ($servers ? $due : array() as $id) {
            self::sendOne(TransactionalEmail::model()->findByPk($id), $servers);
        }
    }

    private static function sendOne(TransactionalEmail $email, array $servers)
    {
        $server = self::serverFor($email, $servers);
        $from = $email->from_email;
        if ((string) $from === '' || $server->force_from === 'always') {
            $from = $server->from_email;
        }
        try {
            $client = new SmtpClient($server);
            $answer = $client->send($from, $email->to_email, self::message($email, $server, $from));
            $email->status = 'sent';
        } catch (RuntimeException $failure) {
            $answer = $failure->getMessage();
            $email->retries = (int) $email->retries + 1;
        }
        $email->save(false);
        db()->query('INSERT INTO {{transactional_email_log}} (`email_id`, `message`, `date_added`) VALUES (?, ?, NOW())',
            array($email->email_id, $answer));
    }

    private static function serverFor(TransactionalEmail $email, array $servers)
    {
        $usable = array_values(array_filter($servers, function (DeliveryServer $server) {
            return in_array($server->use_for, array('all', 'transactional'), true);
        }));
        foreach ($usable as $server) {
            if (strcasecmp($server->from_email, (string) $email->from_email) === 0) {
                return $server;
            }
        }
        if (!$usable) {
            throw new RuntimeException('no active delivery server is meant for transactional emails');
        }
        return $usable[0];
    }

    private static function message(TransactionalEmail $email, DeliveryServer $server, $from)
    {
        $headers = array(Yii::app()->params['email.custom.header.prefix'] . 'Email-Uid: ' . $email->email_uid);
        if ((string) $email->reply_to_email !== '') {
            $headers[] = 'Reply-To: ' . MessageText::mailbox((string) $email->reply_to_name, $email->reply_to_email);
        }
        return MessageText::of($server, array(
            'id' => MessageText::id($email->email_uid, $from),
            'from' => MessageText::mailbox($email->from_name, $from),
            'to' => MessageText::mailbox($email->to_name, $email->to_email),
            'subject' => $email->subject,
            'headers' => $headers,
            'html' => $email->body,
        ));
    }
}

/** A message as it is handed over (RFC 5322), with the headers that its delivery server adds. */
final class MessageText
{
    public static function of(DeliveryServer $server, array $parts)
    {
        $headers = array_merge(array(
            'Date: ' . gmdate('D, d M Y H:i:s') . ' +0000',
            'Message-ID: <' . $parts['id'] . '>',
            'From: ' . $parts['from'],
            'To: ' . $parts['to'],
            'Subject: ' . self::word($parts['subject']),
            'MIME-Version: 1.0',
            'Content-Type: text/html; charset=utf-8',
            'Content-Transfer-Encoding: base64',
        ), $parts['headers']);
        foreach ($server->additional_headers as $header) {
            $headers[] = $header['name'] . ': ' . $header['value'];
        }
        return implode("\r\n", $headers) . "\r\n\r\n" . rtrim(chunk_split(base64_encode($parts['html'])));
    }

    /** An id of its own for each try, in the domain of the sender. */
    public static function id($uid, $from)
    {
        return $uid . '.' . bin2hex(random_bytes(6)) . substr($from, (int) strrpos($from, '@'));
    }

    public static function mailbox($name, $address)
    {
        return trim(((string) $name === '' ? '' : self::word($name)) . ' <' . $address . '>');
    }

    private static function word($text)
    {
        return '=?utf-8?B?' . base64_encode($text) . '?=';
    }
}
