<?php
/** TEST STAND-IN. The application object and the short functions by which scripts reach its parts. */
final class Yii
{
    private static $app;

    public static function createApplication($name)
    {
        self::$app = new StandinApplication($name);
        return self::$app;
    }

    public static function app()
    {
        return self::$app;
    }
}

final class StandinApplication
{
    public $name;
    public $db;
    public $options;
    public $passwordHasher;
    public $params;

    public function __construct($name)
    {
        $config = require MW_APPS_PATH . '/common/config/main.php';
        $custom = MW_APPS_PATH . '/common/config/main-custom.php';
        if (is_file($custom)) {
            $config = array_replace_recursive($config, require $custom);
        }
        $this->name = $name;
        $this->params = $config['params'];
        $this->db = Db::fromConfig($config);
        $this->options = new Options($this->db);
        $this->passwordHasher = new PasswordHash();
    }

    public function getDb()
    {
        return $this->db;
    }

    /** Files newer than the database put the application offline; a database newer than the files is tolerated. */
    public function isOffline()
    {
        $known = $this->options->get('system.common.version', '2.0.0');
        $status = $this->options->get('system.common.site_status', 'online');
        if ($status === 'online' && version_compare(MW_VERSION, $known, '>')) {
            $this->options->set('system.common.site_status', 'offline');
            $this->log("The files are version " . MW_VERSION . ", the database is $known: going offline.");
            return true;
        }
        return $status !== 'online';
    }

    /** Fails loudly when the file cannot be written: that is what a run as root leaves behind. */
    public function log($line)
    {
        $file = MW_APPS_PATH . '/common/runtime/application.log';
        if (@file_put_contents($file, gmdate('Y/m/d H:i:s') . " [error] [application] $line\n", FILE_APPEND) === false) {
            throw new RuntimeException('apps/common/runtime is not writable.');
        }
    }
}

function app()
{
    return Yii::app();
}

function db()
{
    return Yii::app()->db;
}

function options()
{
    return Yii::app()->options;
}

function passwordHasher()
{
    return Yii::app()->passwordHasher;
}
