<?php
/** TEST STAND-IN. The portable phpass scheme ($P$, iterated MD5, 34 characters), written from its published description. */
final class PasswordHash
{
    const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

    public function hash($password)
    {
        // Cost 13 is stored five higher: the scheme's reference adds 5 on every PHP since version 5.
        return $this->crypt($password, '$P$' . self::ALPHABET[13 + 5] . $this->encode(random_bytes(6)));
    }

    public function check($password, $stored)
    {
        return strlen($stored) === 34 && hash_equals($stored, $this->crypt($password, $stored));
    }

    private function crypt($password, $setting)
    {
        $rounds = strpos(self::ALPHABET, $setting[3]);
        if (strncmp($setting, '$P$', 3) !== 0 || $rounds === false || $rounds < 7 || $rounds > 30) {
            return '*0';
        }
        $hash = md5(substr($setting, 4, 8) . $password, true);
        for ($left = 1 << $rounds; $left > 0; $left--) {
            $hash = md5($hash . $password, true);
        }
        return substr($setting, 0, 12) . $this->encode($hash);
    }

    /** Base 64 with the scheme's own alphabet, least significant bits first, no padding. */
    private function encode($bytes)
    {
        $text = '';
        foreach (str_split($bytes, 3) as $group) {
            $value = 0;
            foreach (str_split($group) as $index => $byte) {
                $value |= ord($byte) << (8 * $index);
            }
            for ($left = (int) ceil(strlen($group) * 8 / 6); $left > 0; $left--, $value >>= 6) {
                $text .= self::ALPHABET[$value & 63];
            }
        }
        return $text;
    }
}
