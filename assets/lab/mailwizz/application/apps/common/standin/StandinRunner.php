<?php
/** TEST STAND-IN. Runs the named application; whatever fails becomes a 500 on the web and exit status 1 on the console. */
final class StandinRunner
{
    public static function run($name)
    {
        try {
            Yii::createApplication($name);
            if ($name === 'console') {
                exit(Console::run(array_slice($_SERVER['argv'], 1)));
            }
            self::answer($name, self::route());
        } catch (Throwable $failure) {
            if ($name === 'console') {
                fwrite(STDERR, $failure->getMessage() . "\n");
                exit(1);
            }
            error_log('[mailwizz stand-in] ' . $failure->getMessage());
            http_response_code(500);
            echo $name === 'api'
                ? json_encode(array('status' => 'error', 'error' => 'Internal server error.'))
                : '<h1>Error 500</h1>';
        }
    }

    private static function answer($name, $route)
    {
        if ($name === 'api') {
            Api::answer($route);
        } elseif ($name === 'backend') {
            (new BackendPages())->answer($route);
        } elseif (Yii::app()->isOffline()) {
            if ($name === 'customer') {
                Page::redirect(Page::base('frontend') . '/index.php/site/offline');
            }
            http_response_code(503);
            Page::show('Offline', '<p>The application is offline, please try again later.</p>');
        } elseif ($name === 'customer') {
            (new CustomerPages())->answer($route);
        } elseif ($route === 'dswh/pmta' || strncmp($route, 'dswh/pmta/', 10) === 0) {
            Push::answer((string) file_get_contents('php://input'));
        } else {
            (new FrontendPages())->answer($route);
        }
    }

    /**
     * The path of the request less the front controller, so that both shapes of an address lead to the same route. As in the framework
     * of the product a header comes before the address, a parameter before the path, and what follows an action is the action's.
     */
    private static function route()
    {
        if (isset($_GET['r']) && is_string($_GET['r'])) {
            return trim($_GET['r'], '/');
        }
        $address = isset($_SERVER['HTTP_X_REWRITE_URL']) ? $_SERVER['HTTP_X_REWRITE_URL'] : $_SERVER['REQUEST_URI'];
        $path = rawurldecode((string) parse_url($address, PHP_URL_PATH));
        $script = $_SERVER['SCRIPT_NAME'];
        foreach (array($script, rtrim(dirname($script), '/')) as $start) {
            if ($start !== '' && strncmp($path, $start, strlen($start)) === 0) {
                $path = substr($path, strlen($start));
                break;
            }
        }
        return trim($path, '/');
    }
}
