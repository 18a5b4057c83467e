<?php
// Lays a variant of the stand-in out in an empty directory, by the rules of LAYOUT.md: php stage.php fresh|backup DIRECTORY
$layout = json_decode((string) file_get_contents(dirname(__DIR__) . '/layout.json'), true);
if ($argc !== 3 || !isset($layout['variants'][$argv[1]])) {
    fwrite(STDERR, "Usage: php stage.php fresh|backup DIRECTORY\n");
    exit(2);
}
list(, $name, $target) = $argv;
$variant = $layout['variants'][$name];
foreach ($variant['sources'] as $source => $below) {
    $root = dirname(__DIR__) . '/' . $source;
    foreach (new RecursiveIteratorIterator(new RecursiveDirectoryIterator($root, FilesystemIterator::SKIP_DOTS)) as $file) {
        if (strpos($file->getFilename(), $layout['leave_out_prefix']) === 0) {
            continue;
        }
        $path = substr($file->getPathname(), strlen($root) + 1);
        foreach ($layout['strip_endings'] as $ending) {
            $path = preg_replace('/' . preg_quote($ending, '/') . '$/', '', $path);
        }
        $to = $target . '/' . ($below === '' ? '' : $below . '/') . $path;
        if (!is_dir(dirname($to))) {
            mkdir(dirname($to), 0755, true);
        }
        copy($file->getPathname(), $to);
        chmod($to, isset($layout['modes'][$path]) ? octdec($layout['modes'][$path]) : 0644);
    }
}
foreach ($variant['directories'] as $directory) {
    if (!is_dir("$target/$directory")) {
        mkdir("$target/$directory", 0755, true);
    }
}
