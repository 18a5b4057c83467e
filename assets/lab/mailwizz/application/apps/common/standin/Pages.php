<?php
/** TEST STAND-IN. What the pages share. */
final class Page
{
    public static function show($title, $body)
    {
        header('Content-Type: text/html; charset=utf-8');
        echo '<!DOCTYPE html><html><head><title>' . self::escape($title) . '</title></head><body><h1>'
            . self::escape($title) . '</h1>' . $body . '<footer>Test stand-in, not MailWizz.</footer></body></html>';
    }

    public static function redirect($to)
    {
        header('Location: ' . $to, true, 302);
        exit;
    }

    public static function notFound()
    {
        http_response_code(404);
        self::show('Error 404', '<p>The requested page does not exist.</p>');
    }

    public static function escape($text)
    {
        return htmlspecialchars((string) $text, ENT_QUOTES, 'UTF-8');
    }

    /** The address of an application as this request sees it, without a slash at the end. */
    public static function base($name)
    {
        $folder = rtrim(dirname($_SERVER['SCRIPT_NAME']), '/');
        if (MW_APP_NAME !== 'frontend') {
            $folder = rtrim(dirname($folder), '/');
        }
        return self::scheme() . '://' . $_SERVER['HTTP_HOST'] . $folder . ($name === 'frontend' ? '' : '/' . $name);
    }

    public static function scheme()
    {
        return !empty($_SERVER['HTTPS']) && strtolower($_SERVER['HTTPS']) !== 'off' ? 'https' : 'http';
    }

    /** Puts the style sheet where the web server can serve it: the assets/cache directory must exist and be writable. */
    public static function publishAssets()
    {
        $cache = MW_ROOT_PATH . '/' . MW_APP_NAME . '/assets/cache';
        if (!is_dir($cache) || !is_writable($cache)) {
            throw new RuntimeException(MW_APP_NAME . '/assets/cache is missing or not writable.');
        }
        $folder = $cache . '/' . substr(md5(MW_VERSION), 0, 8);
        if (!is_dir($folder)) {
            mkdir($folder, 0755);
            file_put_contents($folder . '/style.css', "body { font-family: sans-serif }\n");
        }
    }
}

/** TEST STAND-IN. The session, kept in the database under the cookie mwsid, and the signed token against forged posts. */
final class WebSession
{
    public $data = array();
    private $id;

    public function __construct()
    {
        $this->id = isset($_COOKIE['mwsid']) ? (string) $_COOKIE['mwsid'] : '';
        $row = db()->query('SELECT `data` FROM {{session}} WHERE `id` = ? AND `expire` > ?', array($this->id, time()))->fetch();
        if ($row) {
            $this->data = json_decode($row['data'], true);
            return;
        }
        $this->renew();
    }

    public function renew()
    {
        db()->query('DELETE FROM {{session}} WHERE `id` = ?', array($this->id));
        $this->id = bin2hex(random_bytes(20));
        $this->data += array('csrf' => bin2hex(random_bytes(20)));
        setcookie('mwsid', $this->id, 0, '/', '', Page::scheme() === 'https', true);
        setcookie('csrf_token', $this->signed(), 0, '/', '', Page::scheme() === 'https', true);
        $this->save();
    }

    public function save()
    {
        db()->query('REPLACE INTO {{session}} (`id`, `expire`, `data`) VALUES (?, ?, ?)', array(
            $this->id, time() + 7200, json_encode($this->data),
        ));
    }

    public function csrfField()
    {
        return '<input type="hidden" name="csrf_token" value="' . $this->data['csrf'] . '">';
    }

    /** Form and cookie must both carry the token, the cookie with its signature. */
    public function demandToken()
    {
        $posted = isset($_POST['csrf_token']) ? (string) $_POST['csrf_token'] : '';
        $cookie = isset($_COOKIE['csrf_token']) ? (string) $_COOKIE['csrf_token'] : '';
        if (!hash_equals($this->data['csrf'], $posted) || !hash_equals($this->signed(), $cookie)) {
            http_response_code(400);
            Page::show('Error 400', '<p>The CSRF token could not be verified.</p>');
            exit;
        }
    }

    private function signed()
    {
        return hash_hmac('sha256', $this->data['csrf'], Vault::encryptionSecret()) . $this->data['csrf'];
    }
}

final class FrontendPages
{
    public function answer($route)
    {
        Page::publishAssets();
        if (preg_match(UnsubscribePage::ROUTE, $route, $parts)) {
            UnsubscribePage::answer($parts);
            return;
        }
        if (!in_array($route, array('', 'site/index', 'site/offline'), true)) {
            Page::notFound();
            return;
        }
        Page::show((string) options()->get('system.common.site_name', 'Welcome'), '<p>'
            . Page::escape(options()->get('system.common.site_description', '')) . '</p>');
    }
}

/** A login page and what lies behind it; the backend's users and the customers differ only in names. */
abstract class LoginPages
{
    protected $session;
    protected $account;

    abstract protected function form();

    abstract protected function model();

    abstract protected function show($route);

    public function answer($route)
    {
        Page::publishAssets();
        $this->session = new WebSession();
        if ($_SERVER['REQUEST_METHOD'] === 'POST') {
            $this->session->demandToken();
        }
        if ($route === 'guest/index') {
            $this->login();
            return;
        }
        $id = isset($this->session->data[MW_APP_NAME]) ? $this->session->data[MW_APP_NAME] : 0;
        $this->account = $id ? $this->model()->findByPk($id) : null;
        if ($this->account === null) {
            Page::redirect(Page::base(MW_APP_NAME) . '/index.php/guest/index');
        }
        $this->show($route);
    }

    private function login()
    {
        $form = $this->form();
        $error = '';
        if (isset($_POST[$form]['email'], $_POST[$form]['password'])) {
            $found = $this->model()->findByAttributes(array('email' => (string) $_POST[$form]['email'], 'status' => 'active'));
            if ($found !== null && passwordHasher()->check((string) $_POST[$form]['password'], $found->password)) {
                $this->session->data[MW_APP_NAME] = $found->getPrimaryKey();
                $this->session->renew();
                Page::redirect(Page::base(MW_APP_NAME) . '/index.php/dashboard/index');
            }
            $error = '<div class="errorMessage">Invalid login credentials.</div>';
        }
        Page::show('Please sign in', $error . '<form method="post">' . $this->session->csrfField()
            . "<input type=\"email\" name=\"{$form}[email]\"><input type=\"password\" name=\"{$form}[password]\">"
            . '<button>Login</button></form>');
    }
}

final class CustomerPages extends LoginPages
{
    protected function form()
    {
        return 'CustomerLogin';
    }

    protected function model()
    {
        return new Customer();
    }

    protected function show($route)
    {
        if ($route !== '' && $route !== 'dashboard/index') {
            Page::notFound();
            return;
        }
        Page::show('Dashboard', '<p>' . Page::escape($this->account->email) . '</p>');
    }
}

final class BackendPages extends LoginPages
{
    protected function form()
    {
        return 'UserLogin';
    }

    protected function model()
    {
        return new User();
    }

    protected function show($route)
    {
        if ($route === '' || $route === 'dashboard/index') {
            $this->dashboard();
        } elseif ($route === 'settings/index') {
            $this->settings();
        } elseif ($route === 'settings/license') {
            $this->license();
        } else {
            Page::notFound();
        }
    }

    /** The first visit settles the addresses from the request it came with, and asks for the page once more. */
    private function dashboard()
    {
        if (options()->get('system.installer.first_visit_done') !== '1') {
            options()->set('system.installer.first_visit_done', '1');
            options()->set('system.installer.install_time', gmdate('Y-m-d H:i:s'));
            $this->settleAddresses();
            Page::redirect(Page::base('backend') . '/index.php/dashboard/index');
        }
        $notes = '';
        if (is_dir(MW_ROOT_PATH . '/install')) {
            $notes .= '<div class="alert">Please remove the install directory from your application!</div>';
        }
        if (Yii::app()->isOffline()) {
            $notes .= '<div class="alert">The application is offline.</div>';
        }
        Page::show('Dashboard', $notes . '<p>' . Page::escape($this->account->email) . '</p>');
    }

    private function settleAddresses()
    {
        foreach (array('frontend', 'backend', 'customer', 'api') as $name) {
            $clean = options()->get('system.common.clean_urls') === '1';
            options()->set("system.urls.{$name}_absolute_url", Page::base($name) . ($clean ? '/' : '/index.php/'));
        }
        options()->set('system.urls.scheme', Page::scheme());
    }

    private function settings()
    {
        if (isset($_POST['OptionCommon']) && is_array($_POST['OptionCommon'])) {
            $known = array('site_name', 'site_tagline', 'site_description', 'site_status', 'api_status', 'clean_urls');
            foreach (array_intersect_key($_POST['OptionCommon'], array_flip($known)) as $name => $value) {
                options()->set('system.common.' . $name, (string) $value);
            }
            $this->settleAddresses();
            Page::redirect(Page::base('backend') . '/index.php/settings/index');
        }
        Page::show('Settings', '<form method="post">' . $this->session->csrfField()
            . '<input name="OptionCommon[site_name]" value="' . Page::escape(options()->get('system.common.site_name'))
            . '"><button>Save</button></form>');
    }

    private function license()
    {
        $error = '';
        if (isset($_POST['OptionLicense']['market_place'], $_POST['OptionLicense']['displayPurchaseCode'])) {
            $code = (string) $_POST['OptionLicense']['displayPurchaseCode'];
            $refusal = Licence::refusal($code, (new Customer())->count());
            if ($refusal === '') {
                options()->set('system.license.market_place', (string) $_POST['OptionLicense']['market_place']);
                options()->set('system.license.purchase_code', $code);
                options()->set('system.license.error_message', '');
                Page::redirect(Page::base('backend') . '/index.php/settings/license');
            }
            $error = '<div class="alert alert-danger errorMessage">' . Page::escape($refusal) . '</div>';
        }
        Page::show('License', $error . '<form method="post">' . $this->session->csrfField()
            . '<select name="OptionLicense[market_place]"><option>mailwizz</option><option>envato</option></select>'
            . '<input name="OptionLicense[displayPurchaseCode]"><button>Save</button></form>');
    }
}
