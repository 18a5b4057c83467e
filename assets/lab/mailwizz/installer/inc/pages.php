<?php
// TEST STAND-IN. The body of each step's page; $step is the step.
$fields = array(
    'welcome' => array('market_place', 'purchase_code', 'site_name', 'site_tagline', 'site_description', 'terms_consent'),
    'database' => array('hostname', 'port', 'dbname', 'username', 'password', 'prefix'),
    'admin' => array('first_name', 'last_name', 'email', 'password', 'timezone', 'create_customer'),
);
if ($step === 'finish') {
    echo '<p>The installation is complete. Please remove the install directory.</p>';
    return;
}
if ($step === 'cron') {
    foreach (array('* * * * *' => array('send-campaigns', 'queue'), '*/2 * * * *' => array('send-transactional-emails'),
        '*/3 * * * *' => array('process-delivery-and-bounce-log'), '*/10 * * * *' => array('bounce-handler'),
        '*/20 * * * *' => array('feedback-loop-handler'), '0 * * * *' => array('hourly'), '0 0 * * *' => array('daily')) as $when => $commands) {
        foreach ($commands as $command) {
            echo '<pre>', $when, ' php -q ', htmlspecialchars(MW_APPS_PATH), '/console/console.php ', $command,
                ' &gt;/dev/null 2&gt;&amp;1</pre>';
        }
    }
}
echo '<form method="post" action="index.php?route=' . $step . '">';
if ($step === 'requirements' || $step === 'filesystem') {
    $list = $step === 'requirements' ? standin_requirements() : standin_directories();
    foreach ($list as $item) {
        echo '<p>', htmlspecialchars($item[0]), ': ', $item[1] ? 'ok' : ($item[2] ? 'missing (optional)' : 'missing'), '</p>';
    }
    echo '<input type="hidden" name="result" value="' . standin_result($list) . '">';
}
foreach (isset($fields[$step]) ? $fields[$step] : array() as $name) {
    $type = $name === 'password' ? 'password' : 'text';
    echo '<label>' . $name . ' <input type="' . $type . '" name="' . $name . '"></label>';
}
echo '<button name="next" value="1">Next</button></form>';
