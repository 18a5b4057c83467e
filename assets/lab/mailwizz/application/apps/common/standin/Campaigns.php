<?php
/** TEST STAND-IN. Sends campaigns that are due to the confirmed subscribers of their list, each of them once. */
final class CampaignSender
{
    const PER_RUN = 300;
    const TRIES = 3;

    public static function run()
    {
        $due = db()->query("SELECT `campaign_id` FROM {{campaign}} WHERE `status` IN ('pending-sending', 'sending')"
            . " AND `type` = 'regular' AND `send_at` <= NOW() ORDER BY `campaign_id`")->fetchAll(PDO::FETCH_COLUMN);
        foreach ($due as $id) {
            (new self(Campaign::model()->findByPk($id)))->send();
        }
    }

    private $campaign;
    private $list;
    private $servers;

    private function __construct(Campaign $campaign)
    {
        $this->campaign = $campaign;
        $this->list = Lists::model()->findByPk($campaign->list_id);
        $this->servers = array_values(array_filter(
            DeliveryServer::model()->findAllByAttributes(array('status' => 'active')),
            function (DeliveryServer $server) {
                return in_array($server->use_for, array('all', 'campaigns'), true);
            }
        ));
    }

    private function send()
    {
        $this->campaign->saveStatus('sending');
        if (!$this->servers) {
            Yii::app()->log('send-campaigns: no active delivery server is meant for campaigns');
            return;
        }
        $waiting = $this->waiting();
        foreach ($waiting as $at => $id) {
            // The servers take turns, whoever the campaign names as its sender.
            $this->sendOne(ListSubscriber::model()->findByPk($id), $this->servers[($id + $at) % count($this->servers)]);
        }
        if (!$this->waiting()) {
            $this->campaign->saveStatus('sent');
        }
    }

    /** Subscribers who neither got it nor were given up. Whoever is on the blacklist gets nothing from any list. */
    private function waiting()
    {
        return db()->query('SELECT s.`subscriber_id` FROM {{list_subscriber}} s'
            . " WHERE s.`list_id` = ? AND s.`status` = 'confirmed'"
            . ' AND NOT EXISTS (SELECT 1 FROM {{email_blacklist}} b WHERE b.`email` = s.`email`)'
            . ' AND NOT EXISTS (SELECT 1 FROM {{campaign_delivery_log}} l WHERE l.`campaign_id` = ?'
            . " AND l.`subscriber_id` = s.`subscriber_id` AND l.`status` IN ('success', 'giveup'))"
            . ' ORDER BY s.`subscriber_id` LIMIT ' . self::PER_RUN, array($this->campaign->list_id, $this->campaign->campaign_id)
        )->fetchAll(PDO::FETCH_COLUMN);
    }

    private function sendOne(ListSubscriber $subscriber, DeliveryServer $server)
    {
        $forced = $server->force_from === 'always';
        $from = $forced ? $server->from_email : $this->campaign->from_email;
        $id = MessageText::id($subscriber->subscriber_uid, $from);
        $text = MessageText::of($server, array(
            'id' => $id,
            'from' => MessageText::mailbox($this->campaign->from_name, $from),
            'to' => MessageText::mailbox(trim($subscriber->fname . ' ' . $subscriber->lname), $subscriber->email),
            'subject' => $this->filled($this->campaign->subject, $subscriber),
            'headers' => $this->headers($subscriber),
            'html' => $this->filled($this->campaign->content, $subscriber),
        ));
        try {
            $client = new SmtpClient($server);
            $answer = $client->send($from, $subscriber->email, $text);
            $this->log($subscriber, $server, $id, $answer, 'success');
        } catch (RuntimeException $failure) {
            $tried = (int) db()->scalar('SELECT COUNT(*) FROM {{campaign_delivery_log}} WHERE `campaign_id` = ? AND `subscriber_id` = ?',
                array($this->campaign->campaign_id, $subscriber->subscriber_id));
            $status = $tried + 1 < self::TRIES ? 'temporary-error' : 'giveup';
            $this->log($subscriber, $server, $id, $failure->getMessage(), $status);
        }
    }

    /** Events of PowerMTA are matched by this row alone. */
    private function log(ListSubscriber $subscriber, DeliveryServer $server, $messageId, $answer, $status)
    {
        db()->query('INSERT INTO {{campaign_delivery_log}} (`campaign_id`, `subscriber_id`, `message`, `email_message_id`, `server_id`,'
            . ' `status`, `date_added`) VALUES (?, ?, ?, ?, ?, ?, NOW())', array($this->campaign->campaign_id,
            $subscriber->subscriber_id, $answer, $messageId, $server->server_id, $status));
    }

    private function headers(ListSubscriber $subscriber)
    {
        $prefix = Yii::app()->params['email.custom.header.prefix'];
        return array(
            'Reply-To: ' . MessageText::mailbox('', $this->campaign->reply_to),
            $prefix . 'Campaign-Uid: ' . $this->campaign->campaign_uid,
            $prefix . 'Subscriber-Uid: ' . $subscriber->subscriber_uid,
            'List-Id: <' . $this->list->list_uid . '.' . parse_url(self::frontend(), PHP_URL_HOST) . '>',
            'List-Unsubscribe: <' . $this->unsubscribe($subscriber) . '/unsubscribe-direct>',
            // RFC 8058 §3.1
            'List-Unsubscribe-Post: List-Unsubscribe=One-Click',
            'Precedence: bulk',
        );
    }

    private function filled($text, ListSubscriber $subscriber)
    {
        return strtr($text, array(
            '[UNSUBSCRIBE_URL]' => $this->unsubscribe($subscriber),
            '[EMAIL]' => $subscriber->email,
            '[FNAME]' => $subscriber->fname,
            '[LNAME]' => $subscriber->lname,
        ));
    }

    private function unsubscribe(ListSubscriber $subscriber)
    {
        return self::frontend() . 'lists/' . $this->list->list_uid . '/unsubscribe/' . $subscriber->subscriber_uid . '/'
            . $this->campaign->campaign_uid;
    }

    /** A mail is made by cron, which no request tells the address of the panel. */
    private static function frontend()
    {
        return (string) options()->get('system.urls.frontend_absolute_url', 'http://localhost/index.php/');
    }
}

/** TEST STAND-IN. The page that a subscriber leaves a list on; a mailbox provider's one-click POST asks nothing (RFC 8058). */
final class UnsubscribePage
{
    const ROUTE = '#^lists/(\w+)/unsubscribe/(\w+)/(\w+)(/unsubscribe-direct)?$#';

    public static function answer(array $parts)
    {
        $list = Lists::model()->findByAttributes(array('list_uid' => $parts[1]));
        $campaign = Campaign::model()->findByAttributes(array('campaign_uid' => $parts[3]));
        $subscriber = $list === null ? null : ListSubscriber::model()->findByAttributes(
            array('list_id' => $list->list_id, 'subscriber_uid' => $parts[2])
        );
        if ($subscriber === null || $campaign === null) {
            Page::notFound();
            return;
        }
        if ($_SERVER['REQUEST_METHOD'] !== 'POST') {
            // A scanner of links must not unsubscribe anybody.
            Page::show('Unsubscribe', '<form method="post"><button name="confirm" value="1">Unsubscribe '
                . Page::escape($subscriber->email) . '</button></form>');
            return;
        }
        $oneClick = isset($_POST['List-Unsubscribe']) && $_POST['List-Unsubscribe'] === 'One-Click';
        if (!$oneClick && !isset($_POST['confirm'])) {
            http_response_code(400);
            Page::show('Error 400', '<p>What is asked for?</p>');
            return;
        }
        self::leave($subscriber, $campaign);
        Page::show('Unsubscribed', '<p>You are unsubscribed.</p>');
    }

    /** Twice is as good as once. */
    private static function leave(ListSubscriber $subscriber, Campaign $campaign)
    {
        if ($subscriber->status !== 'confirmed') {
            return;
        }
        $subscriber->saveStatus('unsubscribed');
        db()->query('INSERT INTO {{campaign_track_unsubscribe}} (`campaign_id`, `subscriber_id`, `ip_address`, `user_agent`, `date_added`)'
            . ' VALUES (?, ?, ?, ?, NOW())', array($campaign->campaign_id, $subscriber->subscriber_id, $_SERVER['REMOTE_ADDR'],
            isset($_SERVER['HTTP_USER_AGENT']) ? substr($_SERVER['HTTP_USER_AGENT'], 0, 255) : ''));
    }
}
