/** Paths inside the application, relative to its root. */

/** Present once the application is installed: its database connection. */
export const CONFIG_FILE = 'apps/common/config/main-custom.php';

/** Root's, and written last: the installation was proven. Until it is there the panel answers its host alone, and cron does nothing. */
export const INSTALLED_MARK = 'apps/.installed-by-ee';

/** The same mark under another name: the panel is closed while it is replaced, upgraded or brought back. One rename opens it again. */
export const CLOSED_MARK = 'apps/.closed-by-ee';

/** The wizard's folder; open to whoever reaches it, so it goes once it has served. */
export const INSTALLER = 'install';

/** What the wizard makes the configuration and the tables from, in the order of their import. */
export const CONFIG_TEMPLATE = 'apps/common/data/config/main-custom.php';
export const SQL_FILES = ['schema', 'insert', 'country-zone'].map((name) => `apps/common/data/install-sql/${name}.sql`);

/** The wizard's own prefix of the tables. */
export const TABLE_PREFIX = 'mw_';

/** Tables in which the content of a used system stands: all must be empty after an installation. */
export const CONTENT_TABLES = [
  'customer_email_template',
  'customer_email_template_category',
  'campaign',
  'list',
  'list_subscriber',
  'delivery_server',
  'transactional_email',
] as const;

/** What people and their campaigns leave behind beside that; an installation makes no row of it, and a blacklist is worth keeping. */
export const DATA_TABLES = ['customer', 'email_blacklist'] as const;

/** The file that defines the version, and by which an archive's depth is found. */
export const INIT_FILE = 'apps/init.php';

/** The folders that PHP writes to. All must exist; nothing else may be writable. */
export const WRITABLE_FOLDERS = [
  'apps/common/config',
  'apps/common/runtime',
  'backend/assets/cache',
  'customer/assets/cache',
  'frontend/assets/cache',
  'frontend/assets/files',
  'frontend/assets/gallery',
  'apps/extensions',
] as const;

/** Configuration of the system that was backed up: it names that system's database and cache hosts. */
export const OLD_CONFIGURATION = [
  'apps/common/config/main-custom.php',
  'apps/common/config/performance-levels-custom.php',
  'apps/init-custom.php',
  'apps/backend/config/main-custom.php',
  'apps/customer/config/main-custom.php',
  'apps/frontend/config/main-custom.php',
  'apps/api/config/main-custom.php',
  'apps/console/config/main-custom.php',
] as const;

/** Folders whose contents belong to the old system: caches, locks, queue files. */
export const OLD_RUNTIME = [
  'apps/common/runtime',
  'backend/assets/cache',
  'customer/assets/cache',
  'frontend/assets/cache',
] as const;

/** Uploads of the old system's customers, and the names in them that belong to the application. */
export const OLD_UPLOADS = ['frontend/assets/files', 'frontend/assets/gallery'] as const;
export const SHIPPED_UPLOADS = ['no-image-160x160.gif', 'no-template-image-320x320.jpg', 'resized'] as const;
