<?php
// TEST STAND-IN. Loads the parts of the stand-in; the models are global classes, as scripts expect them.
foreach (array('Knobs', 'Db', 'PasswordHash', 'Licence', 'Options', 'SchemaCache', 'ActiveRecord', 'models', 'Yii', 'SmtpClient', 'Campaigns',
    'Pages', 'Api', 'Push', 'Console', 'StandinRunner') as $standinPart) {
    require_once __DIR__ . '/' . $standinPart . '.php';
}
unset($standinPart);
