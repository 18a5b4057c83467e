<?php
// Run by ee as the web user: the application's own SQL statements, and the options without which it does not go online.
try {
    $pdo = new PDO($input['dsn'], $input['user'], $input['password'], array(
        PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION,
        PDO::MYSQL_ATTR_INIT_COMMAND => "SET NAMES utf8mb4, SQL_MODE='', time_zone='+00:00'",
    ));
    $pdo->exec('SET FOREIGN_KEY_CHECKS=0, UNIQUE_CHECKS=0');
} catch (PDOException $failure) {
    file_put_contents('php://stderr', 'The database does not answer: ' . $failure->getMessage() . "\n");
    exit(1);
}
foreach (explode("\0", base64_decode($input['statements'])) as $index => $statement) {
    try {
        $pdo->exec($statement);
    } catch (PDOException $failure) {
        file_put_contents('php://stderr', 'Statement ' . ($index + 1) . ' (' . substr($statement, 0, 60) . '): ' . $failure->getMessage() . "\n");
        exit(1);
    }
}
// Values are blobs; a plain string is not serialised.
$option = $pdo->prepare('REPLACE INTO `' . $input['prefix'] . 'option`'
    . ' (`category`, `key`, `value`, `is_serialized`, `date_added`, `last_updated`) VALUES (?, ?, ?, 0, NOW(), NOW())');
foreach ($input['options'] as $name => $value) {
    $dot = strrpos($name, '.');
    $option->execute(array(substr($name, 0, $dot), substr($name, $dot + 1), $value));
}
$pdo->exec('SET FOREIGN_KEY_CHECKS=1, UNIQUE_CHECKS=1');
