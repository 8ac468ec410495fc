using System.Reflection;

namespace Marketplace.GrainHost.Tests;

/// <summary>A host with the production wiring and the grains of this assembly.</summary>
internal sealed class RunningHost : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    private RunningHost(ServiceProvider services) => _services = services;

    public IClusterClient Client => _services.GetRequiredService<IClusterClient>();

    public TimeProvider Time => _services.GetRequiredService<TimeProvider>();

    public EmbeddedGrainHost Host => _services.GetRequiredService<EmbeddedGrainHost>();

    public static async Task<RunningHost> Start(Action<GrainHostOptions>? configure = null, Action<IServiceCollection>? register = null)
    {
        var services = new ServiceCollection();
        services.AddEmbeddedGrainHost(options =>
        {
            options.Assemblies.Add(Assembly.GetExecutingAssembly());
            configure?.Invoke(options);
        });
        register?.Invoke(services);
        var host = new RunningHost(services.BuildServiceProvider(new ServiceProviderOptions { ValidateScopes = true }));
        await host.Host.StartAsync(TestContext.Current.CancellationToken);
        return host;
    }

    public T Service<T>()
        where T : notnull => _services.GetRequiredService<T>();

    public async ValueTask DisposeAsync()
    {
        await Host.StopAsync(CancellationToken.None);
        await _services.DisposeAsync();
    }
}
