<?php
/**
 * TEST STAND-IN. Asks a licence test double. It never speaks to the vendor: without an address it refuses, an address of the
 * vendor is refused, and so is every code that is not synthetic (TEST-0000-…), so that no real code can leave the host.
 */
final class Licence
{
    /** Returns '' when the code is accepted, else the reason. */
    public static function refusal($code, $orders)
    {
        $url = Knobs::get('license_url');
        if (strpos($code, 'TEST-0000-') !== 0) {
            return 'This is a test stand-in: it takes only synthetic purchase codes (TEST-0000-...).';
        }
        if ($url === '' || preg_match('/(^|\.)mailwizz\.com$/i', (string) parse_url($url, PHP_URL_HOST))) {
            return 'Cannot verify the license: no test double for the license server is set.';
        }
        if (!function_exists('curl_exec')) {
            return 'Cannot verify the license: the curl extension is missing.';
        }
        $request = curl_init($url);
        curl_setopt_array($request, array(
            CURLOPT_POST => true,
            CURLOPT_POSTFIELDS => http_build_query(array('key' => $code, 'orders_count' => $orders)),
            CURLOPT_RETURNTRANSFER => true,
            CURLOPT_CONNECTTIMEOUT => 5,
            CURLOPT_TIMEOUT => 10,
        ));
        $body = curl_exec($request);
        if ($body === false) {
            return 'Cannot verify the license: ' . curl_error($request);
        }
        $answer = json_decode($body, true);
        if (!is_array($answer) || !isset($answer['status'])) {
            return 'Cannot verify the license: the license server gave no readable answer.';
        }
        if ($answer['status'] === 'success') {
            return '';
        }
        return isset($answer['message']) ? (string) $answer['message'] : 'The license was refused.';
    }
}
