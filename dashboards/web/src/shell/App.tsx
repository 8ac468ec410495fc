import { Component, Suspense, useSyncExternalStore, type ReactNode } from 'react';
import { Route, Switch, useLocation } from 'wouter';
import { key, subscribe } from '../api/session';
import { Empty, ErrorBox, Loading } from '../ui/States';
import { Toasts } from '../ui/Toasts';
import { pages } from './pages';
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

export function App({ failure }: { failure: string | null }) {
    const secret = useSyncExternalStore(subscribe, key);
    const [location] = useLocation();
    return (
        <>
            {secret === null ? (
                <SignIn failure={failure} />
            ) : (
                <Shell>
                    <Fence key={location}>
                        <Suspense fallback={<Loading />}>
                            <Switch>
                                {pages.map(({ path, component }) => (
                                    <Route key={path} path={path} component={component} />
                                ))}
                                <Route>
                                    <Empty title="There is no such page." />
                                </Route>
                            </Switch>
                        </Suspense>
                    </Fence>
                </Shell>
            )}
            <Toasts />
        </>
    );
}
