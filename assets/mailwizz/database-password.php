<?php
// Run by ee as the web user: whether the application's configuration has the password of its database, or, where it is to be written,
// the same text with that password. The one that was there is not told.
$config = is_readable($input['file']) ? include $input['file'] : null;
$db = is_array($config) && isset($config['components']['db']) ? $config['components']['db'] : null;
if (!is_array($db) || !isset($db['connectionString'], $db['username'], $db['password'])) {
    echo "unreadable\n";
    exit(0);
}
$ours = $db['connectionString'] === $input['dsn'] && $db['username'] === $input['user'];
if (!$input['write']) {
    echo !$ours ? 'elsewhere' : ($db['password'] === $input['password'] ? 'agrees' : 'differs'), "\n";
    exit(0);
}
$stringOf = function ($token) {
    if (!is_array($token) || $token[0] !== T_CONSTANT_ENCAPSED_STRING) {
        return null;
    }
    $escapes = array('\\\\' => '\\', '\\' . $token[1][0] => $token[1][0]);
    return strtr(substr($token[1], 1, -1), $escapes);
};
// What has a meaning, by its place in the text.
$tokens = token_get_all(file_get_contents($input['file']));
$words = array_filter($tokens, function ($token) {
    return !is_array($token) || !in_array($token[0], array(T_WHITESPACE, T_COMMENT, T_DOC_COMMENT), true);
});
$places = array_keys($words);
$found = array();
foreach ($places as $number => $place) {
    if ($number >= 2 && $stringOf($tokens[$places[$number - 2]]) === 'password'
        && is_array($tokens[$places[$number - 1]]) && $tokens[$places[$number - 1]][0] === T_DOUBLE_ARROW
        && $stringOf($tokens[$place]) === $db['password']) {
        $found[] = $place;
    }
}
if (!$ours || count($found) !== 1) {
    file_put_contents('php://stderr', "The configuration has the password of the database in another way than MailWizz writes it: change it by hand.\n");
    exit(1);
}
$tokens[$found[0]] = "'" . $input['password'] . "'";
foreach ($tokens as $token) {
    echo is_array($token) ? $token[1] : $token;
}
