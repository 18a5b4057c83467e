<?php
/** TEST STAND-IN. One MySQL connection; table names are written {{name}} and get the prefix. */
final class Db
{
    public $tablePrefix;
    private $pdo;

    public function __construct($dsn, $username, $password, $tablePrefix)
    {
        $this->tablePrefix = $tablePrefix;
        $this->pdo = new PDO($dsn, $username, $password, array(
            PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION,
            PDO::ATTR_DEFAULT_FETCH_MODE => PDO::FETCH_ASSOC,
            PDO::ATTR_TIMEOUT => 5,
            PDO::MYSQL_ATTR_INIT_COMMAND => "SET NAMES utf8mb4, SQL_MODE='', time_zone='+00:00'",
        ));
    }

    /** Reads the installed configuration. Fails where there is none: the application never offers to install itself. */
    public static function fromConfig(array $config)
    {
        $db = $config['components']['db'];
        if ($db['connectionString'] === '') {
            throw new RuntimeException('The database connection is not configured.');
        }
        return new self($db['connectionString'], $db['username'], $db['password'], $db['tablePrefix']);
    }

    public function query($sql, array $params = array())
    {
        $statement = $this->pdo->prepare(preg_replace('/\{\{(\w+)\}\}/', '`' . $this->tablePrefix . '$1`', $sql));
        $statement->execute($params);
        return $statement;
    }

    public function scalar($sql, array $params = array())
    {
        return $this->query($sql, $params)->fetchColumn();
    }

    public function lastInsertId()
    {
        return $this->pdo->lastInsertId();
    }

    public function createCommand($sql)
    {
        return new DbCommand($this, $sql);
    }
}

/** The few methods of a database command which maintenance scripts use. */
final class DbCommand
{
    private $db;
    private $sql;

    public function __construct(Db $db, $sql)
    {
        $this->db = $db;
        $this->sql = $sql;
    }

    public function execute(array $params = array())
    {
        return $this->db->query($this->sql, $params)->rowCount();
    }

    public function queryScalar(array $params = array())
    {
        return $this->db->scalar($this->sql, $params);
    }

    public function queryRow($associative = true, array $params = array())
    {
        return $this->db->query($this->sql, $params)->fetch();
    }

    public function queryAll($associative = true, array $params = array())
    {
        return $this->db->query($this->sql, $params)->fetchAll();
    }
}
