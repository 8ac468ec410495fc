import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import { account } from '../api/queries';
import { setKey } from '../api/session';
import { Button } from '../ui/Button';
import { Amount } from '../ui/Values';
import { ByLink } from './Link';
import { pages } from './pages';
import { Palette } from './Palette';
import styles from './Shell.module.css';
import { ThemeSwitch } from './ThemeSwitch';

/** Navigation beside the page; on a narrow screen above it, its pages behind a button. */
export function Shell({ children }: { children: ReactNode }) {
    const [location] = useLocation();
    const [searches, setSearches] = useState(false);
    const [isOpen, setOpen] = useState(false);
    const menu = useRef<HTMLButtonElement>(null);
    const { data } = useQuery(account);

    useEffect(() => {
        const press = (event: KeyboardEvent) => {
            if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
                event.preventDefault();
                setSearches(true);
            }
        };
        addEventListener('keydown', press);
        return () => removeEventListener('keydown', press);
    }, []);

    return (
        <div className={styles.shell}>
            <a className={styles.skip} href="#page">
                Skip to the page
            </a>
            <header
                className={styles.side}
                data-open={isOpen}
                onKeyDown={(event) => {
                    if (event.key === 'Escape' && isOpen) {
                        setOpen(false);
                        menu.current?.focus();
                    }
                }}
            >
                <div className={styles.top}>
                    <Link href="/" className={styles.brand}>
                        <img src="/icon.svg" alt="" width="24" height="24" />
                        Marketplace
                    </Link>
                    <button
                        ref={menu}
                        type="button"
                        className={styles.menu}
                        aria-expanded={isOpen}
                        aria-controls="menu"
                        onClick={() => setOpen(!isOpen)}
                    >
                        Menu
                    </button>
                </div>
                <nav id="menu" aria-label="Pages" className={styles.nav}>
                    {pages.map(
                        ({ path, title }) =>
                            title !== undefined && (
                                <Link
                                    key={path}
                                    href={path}
                                    aria-current={isCurrent(path, location) ? 'page' : undefined}
                                    onClick={() => setOpen(false)}
                                >
                                    {title}
                                </Link>
                            ),
                    )}
                </nav>
                <div className={styles.foot}>
                    {data !== undefined && (
                        <p className={styles.balance}>
                            <span>Available</span>
                            <Amount units={data.available} />
                        </p>
                    )}
                    <div className={styles.tools}>
                        <Button kind="quiet" onClick={() => setSearches(true)} title="Ctrl K">
                            Search
                        </Button>
                        <ThemeSwitch />
                        <Button kind="quiet" onClick={() => setKey(null)}>
                            Sign out
                        </Button>
                    </div>
                </div>
            </header>
            <main id="page" className={styles.main} tabIndex={-1}>
                <ByLink />
                {children}
            </main>
            {searches && <Palette onClose={() => setSearches(false)} />}
        </div>
    );
}

/** The longest path that the location begins with: /jobs/new is not /jobs. */
function isCurrent(path: string, location: string): boolean {
    const own = pages.filter(({ title }) => title !== undefined).map((page) => page.path);
    const matches = own.filter((one) => location === one || (one !== '/' && location.startsWith(`${one}/`)));
    return matches.sort((left, right) => right.length - left.length)[0] === path;
}
