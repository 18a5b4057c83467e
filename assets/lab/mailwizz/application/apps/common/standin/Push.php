<?php
/** TEST STAND-IN. Takes PowerMTA's events at /dswh/pmta: one JSON object, an array of them, or one object a line. */
final class Push
{
    private static $categories = array(
        'bad-mailbox' => 'hard', 'inactive-mailbox' => 'hard', 'bad-domain' => 'hard',
        'quota-issues' => 'soft', 'no-answer-from-host' => 'soft', 'relaying-issues' => 'soft', 'routing-errors' => 'soft',
    );

    public static function answer($body)
    {
        foreach (self::events($body) as $event) {
            if (is_array($event) && isset($event['type'], $event['header_Message-Id'])) {
                self::record($event);
            }
        }
        header('Content-Type: text/plain');
        echo 'OK';
    }

    private static function events($body)
    {
        $decoded = json_decode($body, true);
        if (is_array($decoded)) {
            return isset($decoded['type']) ? array($decoded) : $decoded;
        }
        $events = array();
        foreach (preg_split('/\R/', $body, -1, PREG_SPLIT_NO_EMPTY) as $line) {
            $events[] = json_decode($line, true);
        }
        return $events;
    }

    private static function record(array $event)
    {
        $log = db()->query(
            'SELECT `campaign_id`, `subscriber_id` FROM {{campaign_delivery_log}}'
            . " WHERE `email_message_id` = ? AND `status` = 'success'",
            array(trim((string) $event['header_Message-Id'], " <>\t"))
        )->fetch();
        if (!$log) {
            return;
        }
        $subscriber = ListSubscriber::model()->findByPk($log['subscriber_id']);
        if ($event['type'] === 'f') {
            self::complaint($log, $subscriber);
        } elseif (in_array($event['type'], array('b', 'rb', 'rs'), true)) {
            self::bounce($log, $subscriber, $event);
        }
    }

    private static function complaint(array $log, $subscriber)
    {
        db()->query('INSERT INTO {{campaign_complain_log}} (`campaign_id`, `subscriber_id`, `message`, `date_added`)'
            . ' VALUES (?, ?, ?, NOW())', array($log['campaign_id'], $log['subscriber_id'], 'Complaint reported by PowerMTA'));
        if ($subscriber !== null && $subscriber->status === 'confirmed') {
            $subscriber->saveStatus('unsubscribed');
        }
    }

    private static function bounce(array $log, $subscriber, array $event)
    {
        if (!isset($event['bounceCat'], $event['dsnDiag'])) {
            throw new RuntimeException('Undefined index in an event of PowerMTA.');
        }
        $category = $event['bounceCat'];
        $type = isset(self::$categories[$category]) ? self::$categories[$category] : 'internal';
        db()->query('INSERT INTO {{campaign_bounce_log}} (`campaign_id`, `subscriber_id`, `message`, `bounce_type`, `date_added`)'
            . ' VALUES (?, ?, ?, ?, NOW())', array($log['campaign_id'], $log['subscriber_id'], $event['dsnDiag'], $type));
        if ($type !== 'hard' || $subscriber === null) {
            return;
        }
        db()->query('INSERT IGNORE INTO {{email_blacklist}} (`subscriber_id`, `email`, `reason`, `date_added`, `last_updated`)'
            . ' VALUES (?, ?, ?, NOW(), NOW())', array($subscriber->subscriber_id, $subscriber->email, $event['dsnDiag']));
        $subscriber->saveStatus('blacklisted');
    }
}
