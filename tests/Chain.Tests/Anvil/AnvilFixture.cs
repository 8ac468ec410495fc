using System.Text.Json.Nodes;
using Marketplace.Testing;

namespace Marketplace.Chain.Tests;

/// <summary>A real EVM node, started by the first test that asks.</summary>
public sealed class AnvilFixture : IAsyncDisposable
{
    private readonly Lazy<Task<AnvilNode>> _node = new(() => AnvilNode.Start());

    /// <summary>The node. Where anvil is not installed, the test is skipped; on the build machine it fails.</summary>
    public async Task<RpcEndpoint> Endpoint()
    {
        Require();
        return (await _node.Value).Endpoint;
    }

    /// <inheritdoc cref="Endpoint"/>
    public static void Require() => Assert.SkipUnless(AnvilNode.IsInstalled || Vectors.Required, AnvilNode.Missing);

    /// <inheritdoc cref="AnvilNode.Mine"/>
    public async Task Mine(int blocks = 1) => await (await _node.Value).Mine(blocks);

    /// <inheritdoc cref="AnvilNode.Tell"/>
    public async Task Tell(string method, params JsonNode?[] parameters) => await (await _node.Value).Tell(method, parameters);

    public async ValueTask DisposeAsync()
    {
        if (_node.IsValueCreated && _node.Value.IsCompletedSuccessfully)
        {
            await (await _node.Value).DisposeAsync();
        }
    }
}
