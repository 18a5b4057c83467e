<?php
/** TEST STAND-IN. The option table. A name is category and key in one: system.common.version. */
final class Options
{
    private $db;

    public function __construct(Db $db)
    {
        $this->db = $db;
    }

    public function get($name, $default = null)
    {
        list($category, $key) = $this->split($name);
        $row = $this->db->query(
            'SELECT `value`, `is_serialized` FROM {{option}} WHERE `category` = ? AND `key` = ?',
            array($category, $key)
        )->fetch();
        if (!$row) {
            return $default;
        }
        return $row['is_serialized'] ? unserialize($row['value'], array('allowed_classes' => false)) : $row['value'];
    }

    public function set($name, $value)
    {
        list($category, $key) = $this->split($name);
        $plain = is_scalar($value) || $value === null;
        $this->db->query(
            'INSERT INTO {{option}} (`category`, `key`, `value`, `is_serialized`, `date_added`, `last_updated`)'
            . ' VALUES (?, ?, ?, ?, NOW(), NOW()) ON DUPLICATE KEY UPDATE'
            . ' `value` = VALUES(`value`), `is_serialized` = VALUES(`is_serialized`), `last_updated` = NOW()',
            array($category, $key, $plain ? (string) $value : serialize($value), $plain ? 0 : 1)
        );
    }

    private function split($name)
    {
        $dot = strrpos($name, '.');
        return $dot === false ? array('misc', $name) : array(substr($name, 0, $dot), substr($name, $dot + 1));
    }
}
