<?php
// TEST STAND-IN. The models, global as scripts expect them.

class User extends ActiveRecord
{
    public function tableName()
    {
        return 'user';
    }

    public function primaryKeyName()
    {
        return $this->tableName() . '_id';
    }

    protected function check()
    {
        $this->mustHave(array('first_name', 'last_name', 'email', 'password', 'timezone'));
        $this->mustBeEmail(array('email'));
    }

    protected function beforeSave()
    {
        $this->giveUid($this->tableName() . '_uid');
        if (strncmp((string) $this->password, '$P$', 3) !== 0) {
            $this->password = passwordHasher()->hash($this->password);
        }
    }
}

class Customer extends User
{
    const STATUS_ACTIVE = 'active';

    public function tableName()
    {
        return 'customer';
    }
}

class CustomerApiKey extends ActiveRecord
{
    public function tableName()
    {
        return 'customer_api_key';
    }

    public function primaryKeyName()
    {
        return 'key_id';
    }

    public function generateUniqueKey()
    {
        return sha1(random_bytes(40));
    }

    protected function check()
    {
        $this->mustHave(array('customer_id'));
    }

    protected function beforeSave()
    {
        if ((string) $this->key === '') {
            $this->key = $this->generateUniqueKey();
        }
    }
}

class DeliveryServer extends ActiveRecord
{
    const STATUS_ACTIVE = 'active';
    const STATUS_INACTIVE = 'inactive';

    /** @var array list of array('name' => …, 'value' => …), kept serialised in meta_data */
    public $additional_headers = array();
    protected $serverType = 'smtp';

    public function __construct()
    {
        parent::__construct();
        $this->type = $this->serverType;
    }

    public function tableName()
    {
        return 'delivery_server';
    }

    public function primaryKeyName()
    {
        return 'server_id';
    }

    protected function check()
    {
        $this->mustHave(array('hostname', 'from_email', 'port'));
        $this->mustBeEmail(array('from_email', 'reply_to_email'));
        if (!in_array((string) $this->protocol, array('', 'tls', 'ssl', 'starttls'), true)) {
            $this->addError('protocol', 'protocol is not in the list.');
        }
        if ((int) $this->port < 1 || (int) $this->port > 65535) {
            $this->addError('port', 'port must be between 1 and 65535.');
        }
        if (!in_array($this->force_from, array('never', 'always'), true)) {
            $this->addError('force_from', 'force_from is not in the list.');
        }
        if (!is_array($this->additional_headers)) {
            $this->addError('additional_headers', 'additional_headers must be a list.');
        }
    }

    /** A password is encrypted at rest; one written past the model is read as it is, unless it looks like canonical base64. */
    protected function stored(array $values)
    {
        if ((string) $values['password'] !== '') {
            $values['password'] = Vault::encrypt($values['password']);
        }
        $values['username'] = (string) $values['username'];
        $values['meta_data'] = serialize(array('additional_headers' => array_values($this->additional_headers)));
        return $values;
    }

    protected function loaded(array $values)
    {
        $values['password'] = Vault::decrypt((string) $values['password']);
        $meta = @unserialize((string) $values['meta_data'], array('allowed_classes' => false));
        $this->additional_headers = isset($meta['additional_headers']) ? $meta['additional_headers'] : array();
        return $values;
    }
}

class DeliveryServerSmtp extends DeliveryServer
{
}

class DeliveryServerSmtpPmta extends DeliveryServer
{
    protected $serverType = 'smtp-pmta';
}

/** A table with a public name, served by the API. */
abstract class PublicRecord extends ActiveRecord
{
    protected function beforeSave()
    {
        $this->giveUid($this->uidName());
    }

    public function uidName()
    {
        return str_replace('_id', '_uid', $this->primaryKeyName());
    }
}

class CustomerEmailTemplate extends PublicRecord
{
    public function tableName()
    {
        return 'customer_email_template';
    }

    public function primaryKeyName()
    {
        return 'template_id';
    }

    protected function check()
    {
        $this->mustHave(array('name', 'content'));
    }
}

class Lists extends PublicRecord
{
    public function tableName()
    {
        return 'list';
    }

    public function primaryKeyName()
    {
        return 'list_id';
    }

    protected function check()
    {
        $this->mustHave(array('name', 'from_name', 'from_email', 'reply_to'));
        $this->mustBeEmail(array('from_email', 'reply_to'));
    }
}

class ListSubscriber extends PublicRecord
{
    public function tableName()
    {
        return 'list_subscriber';
    }

    public function primaryKeyName()
    {
        return 'subscriber_id';
    }

    protected function check()
    {
        $this->mustHave(array('email'));
        $this->mustBeEmail(array('email'));
    }
}

class Campaign extends PublicRecord
{
    public function tableName()
    {
        return 'campaign';
    }

    public function primaryKeyName()
    {
        return 'campaign_id';
    }

    protected function check()
    {
        $this->mustHave(array('name', 'from_name', 'from_email', 'reply_to', 'subject', 'list_id', 'send_at'));
        $this->mustBeEmail(array('from_email', 'reply_to'));
        if (!in_array($this->type, array('regular', 'autoresponder'), true)) {
            $this->addError('type', 'type is not in the list.');
        }
        if (strpos((string) $this->content, '[UNSUBSCRIBE_URL]') === false) {
            $this->addError('content', 'The following tags are required but were not found in your content: [UNSUBSCRIBE_URL]');
        }
    }
}

class TransactionalEmail extends PublicRecord
{
    public function tableName()
    {
        return 'transactional_email';
    }

    public function primaryKeyName()
    {
        return 'email_id';
    }

    protected function check()
    {
        $this->mustHave(array('to_email', 'to_name', 'from_name', 'subject', 'body', 'send_at'));
        $this->mustBeEmail(array('to_email', 'from_email', 'reply_to_email'));
    }
}

/** Encrypts what must be read back, with a key of this installation that lives in its database. */
final class Vault
{
    const METHOD = 'aes-256-cbc';

    public static function encrypt($text)
    {
        $iv = random_bytes(16);
        return base64_encode($iv . openssl_encrypt($text, self::METHOD, self::key(), OPENSSL_RAW_DATA, $iv));
    }

    public static function decrypt($text)
    {
        $bytes = base64_decode($text, true);
        if ($bytes === false || base64_encode($bytes) !== $text || strlen($bytes) < 32) {
            return $text;
        }
        $plain = openssl_decrypt(substr($bytes, 16), self::METHOD, self::key(), OPENSSL_RAW_DATA, substr($bytes, 0, 16));
        return $plain === false ? $text : $plain;
    }

    private static function key()
    {
        return hash('sha256', self::encryptionSecret(), true);
    }

    /** Made at first need, so that an installation without the wizard has one too. */
    public static function encryptionSecret()
    {
        $key = options()->get('system.security.encryption_key');
        if ($key === null) {
            $key = bin2hex(random_bytes(32));
            options()->set('system.security.encryption_key', $key);
        }
        return $key;
    }
}
