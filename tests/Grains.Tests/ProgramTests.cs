using System.Text;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests;

/// <summary>A program is deployed once, from a valid module of the caller's own.</summary>
public sealed class ProgramTests
{
    /// <summary>Module and salt stand in receipts and manifests: whoever only reads them has not deployed the program.</summary>
    [Fact]
    public void StrangerWithoutTheModule_DoesNotBecomeADeployer() =>
        TestMarket.Run(async market =>
        {
            var author = await market.OpenAccount("author");
            var program = await market.Deploy(author, "command writes");
            var grain = market.Grains.GetGrain<IProgramGrain>(program.ToString());
            var stranger = await market.OpenAccount("stranger");
            var deployment = new ProgramDeployment((await grain.Get()).Module, default, "mine");

            var refused = await Assert.ThrowsAsync<MarketException>(() => grain.Deploy(stranger, deployment));

            Assert.Equal(ErrorCode.BlobNotFound, refused.Code);
            Assert.False(await grain.IsDeployedBy(stranger.Account));
        });

    [Fact]
    public void Deployment_IsTheSameForTheSameModuleAndSalt() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var first = await market.Deploy(caller);
            var again = await market.Deploy(caller);
            Assert.Equal(first, again);
            Assert.Equal("wasi_command", (await market.Grains.GetGrain<IProgramGrain>(first.ToString()).Get()).Abi);
        });

    [Fact]
    public void Module_IsKeptWhenItsUploaderRemovesIt() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var program = await market.Deploy(caller);
            var module = (await market.Grains.GetGrain<IProgramGrain>(program.ToString()).Get()).Module;
            await market.Grains.GetGrain<IBlobGrain>(module.ToString()).Unpin(caller.Account, null, Authority.Silo);
            Assert.True(await market.Grains.GetGrain<IBlobGrain>(module.ToString()).IsPinned(Authority.Silo));
        });

    [Fact]
    public void BadDeployments_AreRefusedAndLeaveNothing() =>
        TestMarket.Run(async market =>
        {
            var caller = await market.OpenAccount("client");
            var invalid = await Refusal(market, caller, await market.Upload(caller, "invalid"));
            Assert.Equal(ErrorCode.InvalidModule, invalid.Code);
            Assert.Contains("byte 17", invalid.Message, StringComparison.Ordinal);
            var valid = await market.Upload(caller, "command");
            Assert.Equal(ErrorCode.BlobNotFound, (await Refusal(market, await market.OpenAccount("other"), valid)).Code);
            Assert.Equal(ErrorCode.Forbidden, (await Refusal(market, caller with { Scopes = Scopes.Submit }, valid)).Code);
            Assert.Equal(ErrorCode.LimitExceeded, (await Refusal(market, caller, valid, salt: 65)).Code);
            Assert.Equal(ErrorCode.LimitExceeded, (await Refusal(market, caller, valid, name: "")).Code);
            Assert.Equal(ErrorCode.LimitExceeded, (await Refusal(market, caller, valid, name: new string('n', 129))).Code);
            var wrong = await Assert.ThrowsAsync<MarketException>(() =>
                market
                    .Grains.GetGrain<IProgramGrain>(default(ProgramId).ToString())
                    .Deploy(caller, new ProgramDeployment(valid, default, "x"))
            );
            Assert.Equal(ErrorCode.MalformedRequest, wrong.Code);
            Assert.Equal(
                ErrorCode.ProgramNotFound,
                (
                    await Assert.ThrowsAsync<MarketException>(() =>
                        market.Grains.GetGrain<IProgramGrain>(default(ProgramId).ToString()).Get()
                    )
                ).Code
            );
            Assert.DoesNotContain(market.Disk.Documents.Keys, key => key.Kind == ProgramCodec.Kind);
        });

    private static Task<MarketException> Refusal(TestMarket market, Caller caller, BlobId module, int salt = 0, string name = "name")
    {
        var deployment = new ProgramDeployment(module, new byte[salt], name);
        var id = IdDerivation.Program(module, deployment.Salt.Span);
        return Assert.ThrowsAsync<MarketException>(() => market.Grains.GetGrain<IProgramGrain>(id.ToString()).Deploy(caller, deployment));
    }
}

/// <summary>Keys are shown once, checked by their hash, and end at once when revoked.</summary>
public sealed class KeyTests
{
    [Fact]
    public void Key_IsVerifiedUntilItIsRevoked() =>
        TestMarket.Run(async market =>
        {
            await market.OpenAccount("client");
            var created = await market.Account("client").CreateKey(new KeyRequest("laptop", Scopes.Read, null), null, Authority.Silo);
            Assert.True(ApiKey.TryParse(created.Key, out var key));
            var grain = market.Grains.GetGrain<IKeyGrain>(key.Id);

            Assert.Equal(new Caller(TestMarket.Id("client"), key.Id, Scopes.Read), await grain.Verify(key.SecretHash));
            Assert.Null(await grain.Verify(ApiKey.HashSecret(Encoding.UTF8.GetBytes(new string('x', 32)))));
            Assert.Null(await market.Grains.GetGrain<IKeyGrain>("mk0000000000000000").Verify(key.SecretHash));
            await market.Account("client").RevokeKey(key.Id, null, Authority.Silo);
            await market.Account("client").RevokeKey(key.Id, null, Authority.Silo);
            Assert.Null(await grain.Verify(key.SecretHash));
            await market.Restart();
            Assert.Null(await market.Grains.GetGrain<IKeyGrain>(key.Id).Verify(key.SecretHash));
            Assert.NotNull((await market.Account("client").ListKeys()).Single(view => view.Id == key.Id).RevokedAt);
        });

    [Fact]
    public void KeyRevokedBeforeItIsRegistered_NeverWorks() =>
        TestMarket.Run(async market =>
        {
            var secret = ApiKey.HashSecret(Encoding.UTF8.GetBytes(new string('x', 32)));
            await market.Grains.GetGrain<IKeyGrain>("mk0123456789abcdef").Revoke(Authority.Account);
            await market.CrashAndStart();
            var grain = market.Grains.GetGrain<IKeyGrain>("mk0123456789abcdef");
            await grain.Register(TestMarket.Id("client"), Scopes.Read, secret, Authority.Account);

            Assert.Null(await grain.Verify(secret));
            await market.Restart();
            Assert.Null(await market.Grains.GetGrain<IKeyGrain>("mk0123456789abcdef").Verify(secret));
        });

    /// <summary>
    /// The list of keys, and so a revocation, has a key as soon as its event is durable; its registration may still be on its way.
    /// </summary>
    [Fact]
    public void KeyRevokedByATwinWhileItIsBeingCreated_NeverWorks() =>
        TestMarket.RunSeeds(
            5,
            async market =>
            {
                await market.OpenAccount("client");
                var twin = (await market.StartTwin()).GetGrain<IAccountGrain>(TestMarket.Id("client").ToString());
                var registering = new TaskCompletionSource();
                market.Store.OnWrite = name =>
                {
                    if (!name.StartsWith("key", StringComparison.Ordinal))
                    {
                        return WriteFate.Done;
                    }
                    registering.TrySetResult();
                    return WriteFate.Late;
                };
                var creating = market.Account("client").CreateKey(new KeyRequest("laptop", Scopes.Read, null), null, Authority.Silo);
                await registering.Task;
                var listed = (await twin.ListKeys()).Single(key => key.Name == "laptop");
                await twin.RevokeKey(listed.Id, null, Authority.Silo);
                var created = await creating;

                Assert.True(ApiKey.TryParse(created.Key, out var key));
                Assert.Null(await market.Grains.GetGrain<IKeyGrain>(key.Id).Verify(key.SecretHash));
                await market.CrashAndStart();
                Assert.Null(await market.Grains.GetGrain<IKeyGrain>(key.Id).Verify(key.SecretHash));
            }
        );

    [Fact]
    public void KeysBeyondTheLimit_AndUnknownKeys_AreRefused() =>
        TestMarket.Run(async market =>
        {
            await market.OpenAccount("client");
            for (var count = 1; count < AccountPolicy.KeysMax; count++)
            {
                await market.Account("client").CreateKey(new KeyRequest($"{count}", Scopes.Read, null), null, Authority.Silo);
            }
            var refused = await Assert.ThrowsAsync<MarketException>(() =>
                market.Account("client").CreateKey(new KeyRequest("more", Scopes.Read, null), null, Authority.Silo)
            );
            Assert.Equal(ErrorCode.TooManyKeys, refused.Code);
            Assert.Equal(
                ErrorCode.KeyNotFound,
                (await Assert.ThrowsAsync<MarketException>(() => market.Account("client").RevokeKey("mk", null, Authority.Silo))).Code
            );
        });
}

/// <summary>What the inspector says of real modules.</summary>
public sealed class ModuleInspectorTests
{
    [Fact]
    public async Task Modules_AreValidatedWithReasonAndOffset()
    {
        var blobs = new MemoryBlobs(new MemoryDisk(), TimeProvider.System);
        using var inspector = new ModuleInspector(blobs);
        var echo = await File.ReadAllBytesAsync(Program("echo", "echo.wasm"), TestContext.Current.CancellationToken);
        var store = await File.ReadAllBytesAsync(Program("kvstore", "kvstore.wasm"), TestContext.Current.CancellationToken);

        var command = await inspector.Inspect(blobs.Put(echo), TestContext.Current.CancellationToken);
        var writing = await inspector.Inspect(blobs.Put(store), TestContext.Current.CancellationToken);
        var cut = await inspector.Inspect(blobs.Put(echo[..^5]), TestContext.Current.CancellationToken);
        var text = await inspector.Inspect(blobs.Put("not a module"u8.ToArray()), TestContext.Current.CancellationToken);

        Assert.Equal((Marketplace.Engine.Guests.GuestAbi.WasiCommand, false), (command!.Info!.Abi, command.Info.UsesState));
        Assert.True(writing!.Info!.UsesState);
        Assert.Null(cut!.Info);
        Assert.Matches("[0-9]", cut.Refusal!);
        Assert.Contains("magic", text!.Refusal!, StringComparison.OrdinalIgnoreCase);
        Assert.Null(await inspector.Inspect(new BlobId(new Bytes32(new byte[32])), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task ModulesOfMoreBytesThanAreInspectedAtOnce_AreRefused()
    {
        var blobs = new MemoryBlobs(new MemoryDisk(), TimeProvider.System);
        using var inspector = new ModuleInspector(blobs, bytesMax: 100_000);
        var fits = blobs.Put(new byte[20_000]);

        // Each gives its bytes back, or the second would not fit.
        for (var i = 0; i < 3; i++)
        {
            Assert.NotNull((await inspector.Inspect(fits, TestContext.Current.CancellationToken))!.Refusal);
        }
        var refusal = await Assert.ThrowsAsync<MarketException>(() =>
            inspector.Inspect(blobs.Put(new byte[50_000]), TestContext.Current.CancellationToken)
        );
        Assert.Equal(ErrorCode.Unavailable, refusal.Code);
        Assert.NotNull(await inspector.Inspect(fits, TestContext.Current.CancellationToken));
    }

    private static string Program(string folder, string file)
    {
        var root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "Marketplace.sln")))
        {
            root = Path.GetDirectoryName(root)!;
        }
        return Path.Combine(root, "programs", folder, file);
    }
}
