<?php
/**
 * TEST STAND-IN. The settings of the stand-in itself: where licences are verified, and which faults to show.
 * Looked for in the environment (MWSTUB_LICENSE_URL), then in /etc/mwstub.ini, then in apps/mwstub.ini (license_url=…).
 *
 *   license_url        address of the licence test double; none = every licence is refused
 *   slow_import        seconds the wizard waits before it imports the SQL files
 *   fail_import_at     number of the SQL statement at which the import fails
 *   slow_update        seconds the command update waits before its first statement, offline
 *   fail_update_at     number of the statement at which it fails
 *   install_version    version the wizard believes it installs, in place of its own
 *   missing_extension  name of an extension the wizard does not find
 */
final class Knobs
{
    public static function get($name, $default = '')
    {
        $value = getenv('MWSTUB_' . strtoupper($name));
        if ($value !== false && $value !== '') {
            return $value;
        }
        foreach (array('/etc/mwstub.ini', dirname(__DIR__, 2) . '/mwstub.ini') as $file) {
            $known = @is_readable($file) ? @parse_ini_file($file, false, INI_SCANNER_RAW) : false;
            if (is_array($known) && isset($known[$name]) && $known[$name] !== '') {
                return $known[$name];
            }
        }
        return $default;
    }
}
