<?php
/**
 * TEST STAND-IN. The columns of the tables, remembered in runtime/cache under the root path and never aged out: a copy that a
 * backup brought along describes another database, and breaks the models until the directory is emptied.
 */
final class SchemaCache
{
    public static function read()
    {
        $known = @unserialize((string) @file_get_contents(self::file()), array('allowed_classes' => false));
        return is_array($known) ? $known : array();
    }

    public static function write(array $columns)
    {
        $directory = dirname(self::file());
        if ((!is_dir($directory) && !@mkdir($directory, 0755)) || @file_put_contents(self::file(), serialize($columns)) === false) {
            throw new RuntimeException('apps/common/runtime/cache is not writable.');
        }
    }

    public static function clear()
    {
        foreach (glob(dirname(self::file()) . '/*.bin') as $file) {
            unlink($file);
        }
    }

    private static function file()
    {
        return MW_APPS_PATH . '/common/runtime/cache/' . md5(MW_ROOT_PATH) . '.bin';
    }
}
