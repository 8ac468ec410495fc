import { Component, useEffect, useState, useSyncExternalStore, type ReactNode } from 'react';
import { Route, Switch, useLocation } from 'wouter';
import { key, subscribe, takeTicket } from '../api/session';
import { Empty, ErrorBox } from '../ui/States';
import { Toasts } from '../ui/Toasts';
import { LinkDialog } from './Link';
import { loadPages, pages } from './pages';
import { Shell } from './Shell';
import { SignIn } from './SignIn';

/** A page that fails leaves the navigation, and says so. */
class Fence extends Component<{ children: ReactNode }, { error: Error | null }> {
    override state: { error: Error | null } = { error: null };

    static getDerivedStateFromError(error: Error) {
        return { error };
    }

    override render() {
        return this.state.error === null ? (
            this.props.children
        ) : (
            <ErrorBox error={this.state.error} retry={() => this.setState({ error: null })} />
        );
    }
}

/** `failure`: why the link of the first visit failed; `link`: a ticket that came to a tab that was signed in already. */
export function App({ failure, link }: { failure: string | null; link: string | null }) {
    const secret = useSyncExternalStore(subscribe, key);
    const [location] = useLocation();
    const [ticket, setTicket] = useState(link);
    useEffect(() => {
        // After what the first page itself asks for.
        const timer = setTimeout(() => void loadPages(), 1000);
        return () => clearTimeout(timer);
    }, []);
    useEffect(() => {
        // A link into a page that is open changes the address alone.
        const look = () => {
            const taken = takeTicket();
            if (taken !== null) {
                setTicket(taken);
            }
        };
        addEventListener('hashchange', look);
        return () => removeEventListener('hashchange', look);
    }, []);
    return (
        <>
            {secret === null ? (
                <SignIn failure={failure} />
            ) : (
                <Shell key={secret}>
                    <Fence key={location}>
                        <Switch>
                            {pages.map(({ path, component }) => (
                                <Route key={path} path={path} component={component} />
                            ))}
                            <Route>
                                <Empty title="There is no such page." />
                            </Route>
                        </Switch>
                    </Fence>
                </Shell>
            )}
            {ticket !== null && <LinkDialog key={ticket} ticket={ticket} onClose={() => setTicket(null)} />}
            <Toasts />
        </>
    );
}
