<?php
/** TEST STAND-IN. The seven steps. A step done leads on with a redirect, one that failed is shown again with errorMessage. */
final class Wizard
{
    private static $steps = array('welcome', 'requirements', 'filesystem', 'database', 'admin', 'cron', 'finish');
    private $session;
    private $errors = array();
    private $config;

    public function __construct(array &$session)
    {
        $this->session = &$session;
        $this->config = MW_APPS_PATH . '/common/config/main-custom.php';
    }

    public function answer($step)
    {
        // The only lock: a configuration that this session did not write.
        if (is_file($this->config) && empty($this->session['config_file_created'])) {
            $this->redirect('../');
        }
        if (!in_array($step, self::$steps, true)) {
            $this->goTo('welcome');
        }
        if ($step === 'welcome') {
            $this->session = array();
        }
        $index = (int) array_search($step, self::$steps, true);
        foreach (array_slice(self::$steps, 0, $index) as $earlier) {
            if (empty($this->session[$earlier])) {
                $this->goTo($earlier);
            }
        }
        if ($_SERVER['REQUEST_METHOD'] === 'POST' && $step !== 'finish') {
            $this->$step();
            if (!$this->errors) {
                $this->session[$step] = $step === 'welcome' ? $this->session[$step] : true;
                $this->goTo(self::$steps[$index + 1]);
            }
        }
        $this->show($step);
    }

    private function welcome()
    {
        $this->ask($this->posted('next') === '1', 'Please use the form to go on.');
        $this->ask(in_array($this->posted('market_place'), array('envato', 'mailwizz'), true), 'Please select the market place.');
        $this->ask($this->posted('purchase_code') !== '', 'Please enter the purchase code.');
        $this->ask($this->posted('terms_consent') === '1', 'Please accept the terms.');
        foreach (array('site_name' => 20, 'site_tagline' => 100, 'site_description' => 200) as $name => $longest) {
            $length = mb_strlen($this->posted($name), 'UTF-8');
            $this->ask($length >= 2 && $length <= $longest, "$name must have 2 to $longest characters.");
            $this->ask(!preg_match('/mail\s?wizz/i', $this->posted($name)), "$name must not contain the name of the product.");
        }
        if (!$this->errors) {
            $refusal = Licence::refusal($this->posted('purchase_code'), 0);
            $this->ask($refusal === '', $refusal);
        }
        if (!$this->errors) {
            foreach (array('market_place', 'purchase_code', 'site_name', 'site_tagline', 'site_description') as $name) {
                $this->session['welcome'][$name] = $this->posted($name);
            }
        }
    }

    private function requirements()
    {
        $this->checkList(standin_requirements());
    }

    private function filesystem()
    {
        $this->checkList(standin_directories());
    }

    private function checkList(array $list)
    {
        $this->ask(in_array($this->posted('result'), array('1', '-1'), true), 'The requirements are not met.');
        foreach ($list as $item) {
            $this->ask($item[1] || $item[2], 'Missing or not writable: ' . $item[0]);
        }
    }

    private function database()
    {
        $this->ask($this->posted('next') === '1', 'Please use the form to go on.');
        $this->ask((bool) preg_match('#^[a-z0-9_\-.=/\\\\]+$#i', $this->posted('hostname')), 'Invalid hostname.');
        $this->ask((bool) preg_match('/^[0-9]{0,5}$/', $this->posted('port')), 'Invalid port.');
        $this->ask((bool) preg_match('/^[a-z0-9_\-]+$/i', $this->posted('dbname')), 'Invalid database name.');
        $this->ask($this->posted('username') !== '', 'Invalid username.');
        $this->ask((bool) preg_match('/^[a-z0-9_]*$/', $this->posted('prefix')), 'Invalid prefix.');
        if ($this->errors) {
            return;
        }
        $password = isset($_POST['password']) ? (string) $_POST['password'] : '';
        try {
            $db = new Db($this->dsn(), $this->posted('username'), $password, $this->posted('prefix'));
        } catch (PDOException $failure) {
            $this->ask(false, 'Cannot connect to the database: ' . $failure->getMessage());
            return;
        }
        if (!$this->writeConfig($password)) {
            $this->ask(false, 'Cannot write apps/common/config/main-custom.php.');
            return;
        }
        $this->session['config_file_created'] = true;
        try {
            set_time_limit(0);
            SqlImport::run($db);
            $this->writeOptions(new Options($db));
        } catch (PDOException $failure) {
            $this->ask(false, 'The import failed: ' . $failure->getMessage());
        }
    }

    private function dsn()
    {
        $host = $this->posted('hostname');
        if (strpos($host, 'unix_socket=') === 0) {
            return "mysql:$host;dbname=" . $this->posted('dbname') . ';';
        }
        $port = $this->posted('port') === '' ? '' : ';port=' . $this->posted('port');
        return "mysql:host=$host$port;dbname=" . $this->posted('dbname');
    }

    /** The values go into the template as they are: a quote in the password breaks the file, as it does in the original. */
    private function writeConfig($password)
    {
        $text = str_replace(
            array('{DB_CONNECTION_STRING}', '{DB_USER}', '{DB_PASS}', '{DB_PREFIX}', '{EMAILS_CUSTOM_HEADER_PREFIX}'),
            array($this->dsn(), $this->posted('username'), $password, $this->posted('prefix'), 'X-'),
            (string) file_get_contents(MW_APPS_PATH . '/common/data/config/main-custom.php')
        );
        if (is_file($this->config)) {
            chmod($this->config, 0644);
        }
        $written = $text !== '' && file_put_contents($this->config, $text) !== false;
        if ($written) {
            chmod($this->config, 0555);
            chmod(dirname($this->config), 0755);
        }
        return $written;
    }

    private function writeOptions(Options $options)
    {
        $welcome = $this->session['welcome'];
        $options->set('system.license.market_place', $welcome['market_place']);
        $options->set('system.license.purchase_code', $welcome['purchase_code']);
        foreach (array('site_name', 'site_tagline', 'site_description') as $name) {
            $options->set('system.common.' . $name, $welcome[$name]);
        }
        $options->set('system.common.version', Knobs::get('install_version', MW_VERSION));
    }

    private function admin()
    {
        $this->ask($this->posted('next') === '1', 'Please use the form to go on.');
        foreach (array('first_name', 'last_name') as $name) {
            $this->ask((bool) preg_match('/^[a-z \-]{2,100}$/i', $this->posted($name)), "Invalid $name.");
        }
        $this->ask((bool) filter_var($this->posted('email'), FILTER_VALIDATE_EMAIL), 'Invalid email.');
        $this->ask(strlen($this->posted('password')) >= 6, 'The password must have at least 6 characters.');
        $this->ask(in_array($this->posted('timezone'), timezone_identifiers_list(), true), 'Invalid timezone.');
        $this->ask(in_array($this->posted('create_customer'), array('yes', 'no'), true), 'Please say whether to create a customer.');
        if ($this->errors) {
            return;
        }
        try {
            $db = Db::fromConfig(require $this->config);
            $hash = (new PasswordHash())->hash($this->posted('password'));
            $this->insertPerson($db, 'user', $hash, 'no');
            if ($this->posted('create_customer') === 'yes') {
                $this->insertPerson($db, 'customer', $hash, 'yes');
            }
        } catch (PDOException $failure) {
            $this->ask(false, 'Cannot create the account: ' . $failure->getMessage());
        }
    }

    private function insertPerson(Db $db, $table, $hash, $removable)
    {
        $db->query("INSERT INTO {{{$table}}} (`{$table}_uid`, `first_name`, `last_name`, `email`, `password`, `timezone`,"
            . " `removable`, `status`, `date_added`, `last_updated`) VALUES (?, ?, ?, ?, ?, ?, ?, 'active', NOW(), NOW())", array(
                substr(bin2hex(random_bytes(8)), 0, 13), $this->posted('first_name'), $this->posted('last_name'),
                $this->posted('email'), $hash, $this->posted('timezone'), $removable,
            ));
    }

    private function cron()
    {
        $this->ask($this->posted('next') === '1', 'Please use the form to go on.');
    }

    /** Tags are stripped from every answer; the password of the database is read past this. */
    private function posted($name)
    {
        return isset($_POST[$name]) && is_scalar($_POST[$name]) ? trim(strip_tags((string) $_POST[$name])) : '';
    }

    private function ask($met, $otherwise)
    {
        if (!$met) {
            $this->errors[] = $otherwise;
        }
    }

    private function goTo($step)
    {
        $this->redirect('index.php?route=' . $step);
    }

    private function redirect($to)
    {
        header('Location: ' . $to, true, 302);
        exit;
    }

    private function show($step)
    {
        header('Content-Type: text/html; charset=utf-8');
        echo '<!DOCTYPE html><html><head><title>Install: ' . $step . '</title></head><body><h1>' . ucfirst($step) . '</h1>';
        foreach ($this->errors as $error) {
            echo '<div class="errorMessage">' . htmlspecialchars($error, ENT_QUOTES) . '</div>';
        }
        require __DIR__ . '/pages.php';
        echo '<footer>Test stand-in, not MailWizz.</footer></body></html>';
    }
}
