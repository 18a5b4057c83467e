<?php
// TEST STAND-IN. The HTTP client and the assertions of run.php.

final class Answer
{
    public $code;
    public $location = '';
    public $body;

    public function json()
    {
        return json_decode($this->body, true);
    }
}

/** Keeps its cookies between requests; never follows a redirect, for the redirects are what is tested. */
final class Client
{
    private $base;
    private $handle;
    private $headers = array('Accept: */*', 'User-Agent: contract-test');

    public function __construct($base)
    {
        $this->base = $base;
        $this->handle = curl_init();
        curl_setopt($this->handle, CURLOPT_COOKIEFILE, '');
    }

    /** The same client, cookies included, with one header more. */
    public function with($header)
    {
        $other = clone $this;
        $other->headers[] = $header;
        return $other;
    }

    /** The same client, without the headers every browser sends. */
    public function bare()
    {
        $other = clone $this;
        $other->headers = array('Accept:', 'User-Agent:');
        return $other;
    }

    public function get($path)
    {
        return $this->send('GET', $path, null);
    }

    public function post($path, array $fields)
    {
        return $this->send('POST', $path, http_build_query($fields));
    }

    public function put($path, array $fields)
    {
        return $this->send('PUT', $path, http_build_query($fields));
    }

    public function raw($path, $body)
    {
        return $this->send('POST', $path, $body);
    }

    public function delete($path)
    {
        return $this->send('DELETE', $path, null);
    }

    private function send($method, $path, $body)
    {
        $answer = new Answer();
        curl_setopt_array($this->handle, array(
            CURLOPT_URL => $this->base . $path,
            CURLOPT_CUSTOMREQUEST => $method,
            CURLOPT_POST => $body !== null,
            CURLOPT_HTTPGET => $body === null,
            CURLOPT_HTTPHEADER => $this->headers,
            CURLOPT_RETURNTRANSFER => true,
            CURLOPT_TIMEOUT => 60,
            CURLOPT_HEADERFUNCTION => function ($handle, $line) use ($answer) {
                if (stripos($line, 'Location:') === 0) {
                    $answer->location = trim(substr($line, 9));
                }
                return strlen($line);
            },
        ));
        if ($body !== null) {
            curl_setopt($this->handle, CURLOPT_POSTFIELDS, $body);
        }
        curl_setopt($this->handle, CURLOPT_CUSTOMREQUEST, $method);
        $answer->body = curl_exec($this->handle);
        if ($answer->body === false) {
            fwrite(STDERR, "$method $path: " . curl_error($this->handle) . "\n");
            exit(1);
        }
        $answer->code = curl_getinfo($this->handle, CURLINFO_RESPONSE_CODE);
        return $answer;
    }
}

final class Tally
{
    public static $passed = 0;
    public static $failed = 0;
}

function is($what, $expected, $found)
{
    if ($expected === $found) {
        Tally::$passed++;
        return;
    }
    Tally::$failed++;
    echo "FAILED: $what\n  expected ", var_export($expected, true), "\n  found    ", var_export($found, true), "\n";
}

function has($what, $needle, $text)
{
    is($what, true, strpos($text, $needle) !== false);
}

/** The step was shown again, with a reason. */
function refused($what, Answer $answer)
{
    is("$what is refused", array(200, true), array($answer->code, strpos($answer->body, 'errorMessage') !== false));
}

function leads($what, $next, Answer $answer)
{
    is("$what leads to $next", array(302, 'index.php?route=' . $next), array($answer->code, $answer->location));
}

function finish()
{
    echo Tally::$passed, ' passed, ', Tally::$failed, " failed\n";
    exit(Tally::$failed === 0 ? 0 : 1);
}
