<?php
/** TEST STAND-IN. The REST interface: form-encoded in, JSON out. Known by a customer's key; everything belongs to that customer. */
final class Api
{
    private static $kinds = array(
        'templates' => array('model' => 'CustomerEmailTemplate', 'form' => 'template', 'base64' => array('content')),
        'campaigns' => array('model' => 'Campaign', 'form' => 'campaign', 'base64' => array()),
        'lists' => array('model' => 'Lists', 'form' => 'general', 'base64' => array()),
        'subscribers' => array('model' => 'ListSubscriber', 'form' => '', 'base64' => array()),
        'transactional-emails' => array('model' => 'TransactionalEmail', 'form' => 'email', 'base64' => array('body', 'plain_text')),
        'delivery-servers' => array('model' => 'DeliveryServer', 'form' => '', 'base64' => array()),
    );

    private static $logs = array(
        'delivery-logs' => 'campaign_delivery_log', 'bounces' => 'campaign_bounce_log', 'unsubscribes' => 'campaign_track_unsubscribe',
    );

    public static function answer($route)
    {
        if (Yii::app()->isOffline() || options()->get('system.common.api_status', 'online') !== 'online') {
            self::reply(503, array('status' => 'error', 'error' => 'Service Unavailable.'));
        }
        $parts = $route === '' ? array() : explode('/', $route);
        if (!$parts || $parts === array('site', 'index')) {
            self::reply(200, array('status' => 'success', 'data' => array('message' => 'Test stand-in API ' . MW_VERSION)));
        }
        $scope = array('customer_id' => self::customerId());
        if (count($parts) >= 3 && $parts[0] === 'lists' && $parts[2] === 'subscribers') {
            $list = self::mustFind('Lists', $scope + array('list_uid' => $parts[1]));
            $scope = array('list_id' => $list->list_id);
            $parts = array_slice($parts, 2);
        } elseif ($parts[0] === 'subscribers') {
            self::notFound();
        }
        if (count($parts) === 3 && $parts[0] === 'campaigns' && isset(self::$logs[$parts[2]]) && $_SERVER['REQUEST_METHOD'] === 'GET') {
            self::log(self::mustFind('Campaign', $scope + array('campaign_uid' => $parts[1])), self::$logs[$parts[2]]);
        }
        if (!isset(self::$kinds[$parts[0]]) || count($parts) > 2) {
            self::notFound();
        }
        self::serve(self::$kinds[$parts[0]], $parts[0], $scope, isset($parts[1]) ? $parts[1] : null);
    }

    private static function serve(array $kind, $name, array $scope, $uid)
    {
        $method = $_SERVER['REQUEST_METHOD'];
        if ($uid === null && $method === 'GET') {
            self::index($kind['model'], $scope);
        }
        if ($uid === null && $method === 'POST' && $name !== 'delivery-servers') {
            $record = new $kind['model']();
            $record->setAttributes($scope);
            self::write($record, $kind, $_POST, 201);
        }
        $uidName = $name === 'delivery-servers' ? 'server_id' : (new $kind['model']())->uidName();
        $record = $uid === null ? null : self::mustFind($kind['model'], $scope + array($uidName => $uid));
        if ($record !== null && $method === 'GET') {
            self::reply(200, array('status' => 'success', 'data' => array('record' => self::shown($record))));
        }
        if ($record !== null && $method === 'PUT' && !in_array($name, array('delivery-servers', 'transactional-emails'), true)) {
            parse_str((string) file_get_contents('php://input'), $put);
            self::write($record, $kind, $put, 200);
        }
        if ($record !== null && $method === 'DELETE' && $name !== 'delivery-servers') {
            $record->delete();
            self::reply(200, array('status' => 'success'));
        }
        self::reply(400, array('status' => 'error', 'error' => 'Invalid request method.'));
    }

    private static function index($model, array $scope)
    {
        $count = (new $model())->countByAttributes($scope);
        $perPage = isset($_GET['per_page']) ? (int) $_GET['per_page'] : 10;
        $perPage = max(10, min(50, $perPage));
        $pages = (int) ceil($count / $perPage);
        $page = max(1, isset($_GET['page']) ? (int) $_GET['page'] : 1);
        $records = (new $model())->findAllByAttributes($scope, $perPage, ($page - 1) * $perPage);
        self::reply(200, array('status' => 'success', 'data' => array(
            'count' => (string) $count,
            'total_pages' => $pages,
            'current_page' => $page,
            'next_page' => $page < $pages ? $page + 1 : null,
            'prev_page' => $page > 1 ? $page - 1 : null,
            'records' => array_map(array(__CLASS__, 'shown'), $records),
        )));
    }

    /** What became of a campaign, subscriber by subscriber. */
    private static function log(Campaign $campaign, $table)
    {
        $rows = db()->query('SELECT l.*, s.`subscriber_uid`, s.`email` FROM {{' . $table . '}} l'
            . ' JOIN {{list_subscriber}} s USING (`subscriber_id`) WHERE l.`campaign_id` = ? LIMIT 50', array($campaign->campaign_id));
        $records = array_map(function (array $row) {
            $subscriber = array('subscriber_uid' => $row['subscriber_uid'], 'email' => $row['email']);
            unset($row['subscriber_uid'], $row['email'], $row['subscriber_id'], $row['campaign_id'], $row['server_id']);
            return $row + array('subscriber' => $subscriber);
        }, $rows->fetchAll());
        self::reply(200, array('status' => 'success', 'data' => array('count' => (string) count($records), 'records' => $records)));
    }

    private static function write(PublicRecord $record, array $kind, array $sent, $code)
    {
        $given = $kind['form'] === '' ? $sent : (isset($sent[$kind['form']]) ? (array) $sent[$kind['form']] : array());
        if ($record instanceof Lists && isset($sent['defaults'])) {
            $given += (array) $sent['defaults'];
        }
        if ($record instanceof ListSubscriber) {
            $details = isset($given['details']) ? (array) $given['details'] : array();
            $given = array_change_key_case(array_intersect_key($given, array_flip(array('EMAIL', 'FNAME', 'LNAME'))));
            $given += array_intersect_key($details, array('status' => 1)) + ($record->isNewRecord ? array('status' => 'confirmed') : array());
        }
        foreach ($kind['base64'] as $name) {
            if (isset($given[$name]) && ($given[$name] = base64_decode((string) $given[$name], true)) === false) {
                self::reply(422, array('status' => 'error', 'error' => array($name => $name . ' is not valid base64.')));
            }
        }
        if ($record instanceof Campaign) {
            $given = self::campaign($record, $given);
            if ($record->isNewRecord) {
                $record->status = 'pending-sending';
            }
        }
        // What names the row or its owner is never taken from the request.
        $fixed = array($record->primaryKeyName(), $record->uidName(), 'customer_id', 'date_added', 'last_updated');
        $fixed[] = $record instanceof Campaign ? 'status' : 'list_id';
        $record->setAttributes(array_filter(array_diff_key($given, array_flip($fixed)), 'is_scalar'));
        if (!$record->validate()) {
            self::reply(422, array('status' => 'error', 'error' => array_map('current', $record->getErrors())));
        }
        try {
            $record->save(false);
        } catch (PDOException $failure) {
            if ((int) $failure->errorInfo[1] !== 1062) {
                throw $failure;
            }
            self::reply(409, array('status' => 'error', 'error' => 'The record already exists.'));
        }
        $uidName = $record->uidName();
        self::reply($code, array('status' => 'success', $uidName => $record->$uidName,
            'data' => array('record' => self::shown($record))));
    }

    /** A campaign names its list by uid and carries its content as base64, or takes it from a template. */
    private static function campaign(Campaign $campaign, array $given)
    {
        unset($given['list_id']);
        $scope = array('customer_id' => $campaign->customer_id);
        if (isset($given['list_uid'])) {
            $given['list_id'] = self::mustFind('Lists', $scope + array('list_uid' => $given['list_uid']))->list_id;
        }
        $template = isset($given['template']) ? (array) $given['template'] : array();
        if (isset($template['template_uid'])) {
            $found = self::mustFind('CustomerEmailTemplate', $scope + array('template_uid' => $template['template_uid']));
            $given['content'] = $found->content;
        } elseif (isset($template['content'])) {
            $given['content'] = base64_decode((string) $template['content']);
        }
        return $given;
    }

    private static function shown(ActiveRecord $record)
    {
        $shown = $record->attributes;
        unset($shown['password'], $shown['meta_data'], $shown['customer_id']);
        return $shown;
    }

    /** One header is enough; the older name is still understood. */
    private static function customerId()
    {
        $sent = '';
        foreach (array('HTTP_X_API_KEY', 'HTTP_X_MW_PUBLIC_KEY') as $header) {
            $sent = $sent === '' && isset($_SERVER[$header]) ? (string) $_SERVER[$header] : $sent;
        }
        $key = preg_match('/^[0-9a-f]{40}$/', $sent) ? CustomerApiKey::model()->findByAttributes(array('key' => $sent)) : null;
        $address = isset($_SERVER['REMOTE_ADDR']) ? $_SERVER['REMOTE_ADDR'] : '';
        $listed = function ($list) use ($address) {
            return in_array($address, array_map('trim', explode(',', (string) $list)), true);
        };
        if ($key === null || ((string) $key->ip_whitelist !== '' && !$listed($key->ip_whitelist)) || $listed($key->ip_blacklist)) {
            self::reply(400, array('status' => 'error',
                'error' => 'Invalid API request params. Please refer to the documentation.'));
        }
        return $key->customer_id;
    }

    private static function mustFind($model, array $wanted)
    {
        $record = (new $model())->findByAttributes($wanted);
        return $record !== null ? $record : self::notFound();
    }

    private static function notFound()
    {
        self::reply(404, array('status' => 'error', 'error' => 'The requested resource does not exist.'));
    }

    private static function reply($code, array $body)
    {
        http_response_code($code);
        header('Content-Type: application/json; charset=utf-8');
        echo json_encode($body);
        exit;
    }
}
