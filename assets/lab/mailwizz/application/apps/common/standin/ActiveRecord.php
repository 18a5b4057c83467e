<?php
/** TEST STAND-IN. A row of a table as an object, with the methods provisioning scripts call. */
abstract class ActiveRecord
{
    private static $columns = array();
    private $values = array();
    private $errors = array();
    private $isNew = true;

    abstract public function tableName();

    abstract public function primaryKeyName();

    public static function model()
    {
        return new static();
    }

    public function __construct()
    {
        foreach ($this->columns() as $column) {
            $this->values[$column['Field']] = $column['Default'] === 'NULL' ? null : $column['Default'];
        }
    }

    public function __get($name)
    {
        if ($name === 'attributes') {
            return $this->values;
        }
        if ($name === 'isNewRecord') {
            return $this->isNew;
        }
        $this->mustKnow($name);
        return $this->values[$name];
    }

    public function __set($name, $value)
    {
        if ($name === 'attributes') {
            $this->setAttributes($value);
            return;
        }
        $this->mustKnow($name);
        $this->values[$name] = $value;
    }

    public function __isset($name)
    {
        return isset($this->values[$name]);
    }

    public function getIsNewRecord()
    {
        return $this->isNew;
    }

    public function getPrimaryKey()
    {
        return $this->values[$this->primaryKeyName()];
    }

    /** Names that are neither a column nor a property are passed over in silence, as mass assignment does. */
    public function setAttributes(array $values, $safeOnly = true)
    {
        foreach ($values as $name => $value) {
            if (array_key_exists($name, $this->values) || property_exists($this, $name)) {
                $this->$name = $value;
            }
        }
    }

    public function findByPk($key)
    {
        return $this->findByAttributes(array($this->primaryKeyName() => $key));
    }

    public function findByAttributes(array $wanted)
    {
        $found = $this->findAllByAttributes($wanted, 1);
        return $found ? $found[0] : null;
    }

    public function findAllByAttributes(array $wanted, $limit = 0, $offset = 0)
    {
        list($where, $params) = $this->condition($wanted);
        $sql = 'SELECT * FROM {{' . $this->tableName() . '}}' . $where . ' ORDER BY `' . $this->primaryKeyName() . '`';
        $rows = db()->query($limit ? $sql . ' LIMIT ' . (int) $offset . ', ' . (int) $limit : $sql, $params)->fetchAll();
        return array_map(array($this, 'populate'), $rows);
    }

    public function findAll()
    {
        return $this->findAllByAttributes(array());
    }

    public function countByAttributes(array $wanted)
    {
        list($where, $params) = $this->condition($wanted);
        return (int) db()->scalar('SELECT COUNT(*) FROM {{' . $this->tableName() . '}}' . $where, $params);
    }

    public function count()
    {
        return $this->countByAttributes(array());
    }

    public function validate()
    {
        $this->errors = array();
        $this->check();
        return !$this->errors;
    }

    public function save($runValidation = true)
    {
        if ($runValidation && !$this->validate()) {
            return false;
        }
        $this->beforeSave();
        $now = gmdate('Y-m-d H:i:s');
        foreach ($this->isNew ? array('date_added', 'last_updated') : array('last_updated') as $stamp) {
            if (array_key_exists($stamp, $this->values)) {
                $this->values[$stamp] = $now;
            }
        }
        $stored = $this->stored($this->values);
        $key = $this->primaryKeyName();
        if ($stored[$key] === null) {
            unset($stored[$key]);
        }
        $names = array_keys($stored);
        $table = '{{' . $this->tableName() . '}}';
        if ($this->isNew) {
            $marks = implode(', ', array_fill(0, count($names), '?'));
            db()->query("INSERT INTO $table (`" . implode('`, `', $names) . "`) VALUES ($marks)", array_values($stored));
            if ($this->values[$key] === null) {
                $this->values[$key] = db()->lastInsertId();
            }
            $this->isNew = false;
            return true;
        }
        $params = array_values($stored);
        $params[] = $this->values[$key];
        db()->query("UPDATE $table SET `" . implode('` = ?, `', $names) . "` = ? WHERE `$key` = ?", $params);
        return true;
    }

    public function saveStatus($status)
    {
        $this->status = $status;
        return $this->save(false);
    }

    public function delete()
    {
        $key = $this->primaryKeyName();
        db()->query('DELETE FROM {{' . $this->tableName() . "}} WHERE `$key` = ?", array($this->values[$key]));
        return true;
    }

    public function addError($attribute, $message)
    {
        $this->errors[$attribute][] = $message;
    }

    public function getErrors()
    {
        return $this->errors;
    }

    public function hasErrors()
    {
        return (bool) $this->errors;
    }

    protected function mustHave(array $names)
    {
        foreach ($names as $name) {
            if (trim((string) $this->$name) === '') {
                $this->addError($name, $name . ' cannot be blank.');
            }
        }
    }

    protected function mustBeEmail(array $names)
    {
        foreach ($names as $name) {
            if ((string) $this->$name !== '' && !filter_var($this->$name, FILTER_VALIDATE_EMAIL)) {
                $this->addError($name, $name . ' is not a valid email address.');
            }
        }
    }

    /** A 13 character public name, when the table has one and the row has none yet. */
    protected function giveUid($name)
    {
        if ((string) $this->$name === '') {
            $this->$name = substr(bin2hex(random_bytes(8)), 0, 13);
        }
    }

    protected function check()
    {
    }

    protected function beforeSave()
    {
    }

    /** From object to row; the counterpart of loaded(). */
    protected function stored(array $values)
    {
        return $values;
    }

    protected function loaded(array $values)
    {
        return $values;
    }

    private function populate(array $row)
    {
        $record = new static();
        $record->values = $record->loaded($row);
        $record->isNew = false;
        return $record;
    }

    private function condition(array $wanted)
    {
        $parts = array();
        foreach (array_keys($wanted) as $name) {
            $this->mustKnow($name);
            $parts[] = "`$name` <=> ?";
        }
        return array($parts ? ' WHERE ' . implode(' AND ', $parts) : '', array_values($wanted));
    }

    private function mustKnow($name)
    {
        if (!array_key_exists($name, $this->values)) {
            throw new RuntimeException('Property "' . get_class($this) . '.' . $name . '" is not defined.');
        }
    }

    private function columns()
    {
        $table = $this->tableName();
        if (!self::$columns) {
            self::$columns = SchemaCache::read();
        }
        if (!isset(self::$columns[$table])) {
            self::$columns[$table] = db()->query('SHOW COLUMNS FROM {{' . $table . '}}')->fetchAll();
            SchemaCache::write(self::$columns);
        }
        return self::$columns[$table];
    }
}
