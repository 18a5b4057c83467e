<?php
/** TEST STAND-IN. Runs the SQL files, with the prefix put before every back-ticked table name. */
final class SqlImport
{
    const FILES = array('schema', 'insert', 'country-zone');
    const BEFORE_A_TABLE = '/\b(CREATE TABLE(?: IF NOT EXISTS)?|DROP TABLE(?: IF EXISTS)?|INSERT INTO|ALTER(?: IGNORE)? TABLE'
        . '|RENAME TABLE|REFERENCES|UPDATE|FROM|TO)\s+`(\w+)`/';

    public static function run(Db $db)
    {
        sleep((int) Knobs::get('slow_import', '0'));
        $failAt = (int) Knobs::get('fail_import_at', '0');
        $done = 0;
        $db->query('SET FOREIGN_KEY_CHECKS=0, UNIQUE_CHECKS=0');
        foreach (self::FILES as $name) {
            foreach (self::statements(MW_APPS_PATH . "/common/data/install-sql/$name.sql") as $statement) {
                $done++;
                $broken = $done === $failAt;
                $db->query($broken ? 'THE TEST ASKED FOR A FAILURE HERE' : self::prefixed($statement, $db->tablePrefix));
            }
        }
        $db->query('SET FOREIGN_KEY_CHECKS=1, UNIQUE_CHECKS=1');
    }

    private static function prefixed($statement, $prefix)
    {
        return preg_replace(self::BEFORE_A_TABLE, '$1 `' . $prefix . '$2`', $statement);
    }

    /** A statement ends with a semicolon at the end of a line; comments stand on lines of their own. */
    private static function statements($file)
    {
        $statement = '';
        foreach (file($file) as $line) {
            if (trim($line) === '' || preg_match('~^(--|#|/\*!)~', $line)) {
                continue;
            }
            $statement .= $line;
            if (substr(rtrim($line), -1) === ';') {
                yield $statement;
                $statement = '';
            }
        }
    }
}
