export const WEB_ROOT = '/var/www/mailwizz';

/** PHP's own: the web server is somebody else, who reads the pages and neither the configuration nor sessions. */
export const WEB_USER = 'mailwizz';
