<?php
/** TEST STAND-IN. The console commands. */
final class Console
{
    private static $crons = array(
        'send-campaigns', 'queue', 'send-transactional-emails', 'process-delivery-and-bounce-log', 'bounce-handler',
        'feedback-loop-handler', 'hourly', 'daily',
    );

    /** Returns the exit status. Offline, every command but update ends at once and says nothing. */
    public static function run(array $words)
    {
        $command = (string) array_shift($words);
        $others = array('hello', 'option', 'clear-cache', 'delete-mutexes', 'update');
        if (!in_array($command, array_merge(self::$crons, $others), true)) {
            fwrite(STDERR, $command === ''
                ? "The following commands are available:\n - " . implode("\n - ", array_merge($others, self::$crons)) . "\n"
                : "Unknown command \"$command\".\n");
            return 1;
        }
        if ($command === 'update') {
            return self::update($words);
        }
        if (Yii::app()->isOffline()) {
            return 0;
        }
        if (in_array($command, self::$crons, true)) {
            return self::cron($command);
        }
        if ($command === 'option') {
            return self::option($words);
        }
        if ($command === 'clear-cache') {
            SchemaCache::clear();
        } elseif ($command === 'delete-mutexes') {
            array_map('unlink', glob(MW_APPS_PATH . '/common/runtime/mutex/*'));
        }
        echo $command === 'hello' ? "Hello World!\n" : "DONE\n";
        return 0;
    }

    /** One SQL file for each version after that of the database, in order. A failure leaves the application offline, and half of a file done. */
    private static function update(array $words)
    {
        if (!in_array('--interactive=0', $words, true)) {
            echo 'Are you sure you want to update? (yes|no) ';
            if (trim((string) fgets(STDIN)) !== 'yes') {
                return 1;
            }
        }
        $known = (string) options()->get('system.common.version', '2.0.0');
        if (version_compare($known, MW_VERSION, '>')) {
            fwrite(STDERR, "The database is $known, newer than these files.\n");
            return 1;
        }
        options()->set('system.common.site_status', 'offline');
        sleep((int) Knobs::get('slow_update', '0'));
        $failAt = (int) Knobs::get('fail_update_at', '0');
        $done = 0;
        foreach (self::migrations($known) as $version => $file) {
            foreach (array_filter(array_map('trim', explode(";\n", file_get_contents($file)))) as $statement) {
                $done++;
                db()->query($done === $failAt ? 'THE TEST ASKED FOR A FAILURE HERE' : $statement);
            }
            options()->set('system.common.version', $version);
        }
        options()->set('system.common.version', MW_VERSION);
        options()->set('system.common.site_status', 'online');
        SchemaCache::clear();
        echo 'Updated to ' . MW_VERSION . "\n";
        return 0;
    }

    private static function migrations($known)
    {
        $files = array();
        foreach (glob(MW_APPS_PATH . '/common/data/update-sql/*.sql') as $file) {
            $version = basename($file, '.sql');
            if (version_compare($version, $known, '>') && version_compare($version, MW_VERSION, '<=')) {
                $files[$version] = $file;
            }
        }
        uksort($files, 'version_compare');
        return $files;
    }

    private static function option(array $words)
    {
        $action = (string) array_shift($words);
        $given = array();
        foreach ($words as $word) {
            if (preg_match('/^--(\w+)=(.*)$/s', $word, $match)) {
                $given[$match[1]] = $match[2];
            }
        }
        if ($action === 'get_option' && isset($given['name'])) {
            $value = options()->get($given['name'], '');
            echo is_scalar($value) ? $value : json_encode($value), "\n";
            return 0;
        }
        if ($action === 'set_option' && isset($given['name'], $given['value'])) {
            options()->set($given['name'], $given['value']);
            return 0;
        }
        fwrite(STDERR, "Usage: option get_option --name=NAME | option set_option --name=NAME --value=VALUE\n");
        return 1;
    }

    /** One run at a time per command, each run written down. */
    private static function cron($command)
    {
        $directory = MW_APPS_PATH . '/common/runtime/mutex';
        $lock = is_dir($directory) || @mkdir($directory, 0755) ? @fopen("$directory/$command.lock", 'c') : false;
        if ($lock === false) {
            throw new RuntimeException('apps/common/runtime/mutex is not writable.');
        }
        if (!flock($lock, LOCK_EX | LOCK_NB)) {
            return 0;
        }
        $start = microtime(true);
        $memory = memory_get_usage();
        $status = 'success';
        try {
            self::work($command);
        } catch (Throwable $failure) {
            $status = 'error';
            Yii::app()->log("$command: " . $failure->getMessage());
        }
        db()->query('INSERT INTO {{console_command}} (`command`, `date_added`, `last_updated`) VALUES (?, NOW(), NOW())'
            . ' ON DUPLICATE KEY UPDATE `last_updated` = NOW()', array($command));
        db()->query('INSERT INTO {{console_command_history}} (`command_id`, `action`, `params`, `start_time`, `end_time`,'
            . ' `start_memory`, `end_memory`, `status`, `date_added`)'
            . " SELECT `command_id`, 'index', '', ?, ?, ?, ?, ?, NOW() FROM {{console_command}} WHERE `command` = ?", array(
                sprintf('%.4F', $start), sprintf('%.4F', microtime(true)), $memory, memory_get_usage(), $status, $command,
            ));
        return $status === 'success' ? 0 : 1;
    }

    private static function work($command)
    {
        if ($command === 'send-campaigns') {
            CampaignSender::run();
        } elseif ($command === 'send-transactional-emails') {
            TransactionalSender::run();
        } elseif ($command === 'daily') {
            $code = (string) options()->get('system.license.purchase_code', '');
            $refusal = Licence::refusal($code, (new Customer())->count());
            options()->set('system.license.error_message', $refusal);
            if ($refusal !== '') {
                Yii::app()->log('daily: ' . $refusal);
            }
        } elseif ($command === 'hourly') {
            db()->query('DELETE FROM {{session}} WHERE `expire` < ?', array(time()));
        }
    }
}
