using System.Net;
using System.Text;

namespace Marketplace.Tests.Gateway;

/// <summary>A program's state over HTTP: keys in the path, roots and pages in the query, chunks in bodies.</summary>
public sealed class StateTests
{
    [Fact]
    public async Task Key_IsReadInHexadecimalOrAsText_WithAProofWhereOneIsWanted()
    {
        await using var gateway = await GatewayFixture.Start();
        var program = gateway.Market.AddProgram(GatewayFixture.Alice);
        foreach (var path in new[] { Routes.ProgramStateKey(program, "cafe"u8), $"{Routes.ProgramState(program)}/text:cafe" })
        {
            var plain = await (await gateway.Client.Get(path)).Read(ApiJson.Default.StateKeyValue);
            Assert.Equal(
                (FakeStateGrain.Root, "63616665", "value"),
                (plain.Root, plain.Key, Encoding.UTF8.GetString(plain.Value!.Value.Span))
            );
            Assert.Null(plain.Proof);
            var proved = await (await gateway.Client.Get($"{path}?proof=true&root={FakeStateGrain.Root}")).Read(
                ApiJson.Default.StateKeyValue
            );
            Assert.Equal("proof", Encoding.UTF8.GetString(proved.Proof!.Value.Span));
        }
        var absent = await (await gateway.Client.Get(Routes.ProgramStateKey(program, default))).Read(ApiJson.Default.StateKeyValue);
        Assert.Null(absent.Value);
        Assert.Equal("", absent.Key);
    }

    [Theory]
    [
        InlineData("abc"),
        InlineData("zz"),
        InlineData("text:a%2Fb"),
        InlineData("cafe?proof=1"),
        InlineData("cafe?root=7"),
        InlineData("cafe?more=1")
    ]
    public async Task WhatIsNoKeyOrQuery_IsRefused(string key)
    {
        await using var gateway = await GatewayFixture.Start();
        var program = gateway.Market.AddProgram(GatewayFixture.Alice);
        await gateway.Client.Get($"{Routes.ProgramState(program)}/{key}").Refused(HttpStatusCode.BadRequest, ErrorCode.MalformedRequest);
    }

    [Fact]
    public async Task KeyOfTheLargestSize_IsTaken_AndALongerOneIsRefused()
    {
        await using var gateway = await GatewayFixture.Start();
        var program = gateway.Market.AddProgram(GatewayFixture.Alice);
        var longest = new byte[ProgramLimits.StateKeyBytesMax];
        using var taken = await gateway.Client.Get(Routes.ProgramStateKey(program, longest));
        Assert.Equal(HttpStatusCode.OK, taken.StatusCode);
        await gateway
            .Client.Get(Routes.ProgramStateKey(program, new byte[longest.Length + 1]))
            .Refused(HttpStatusCode.BadRequest, ErrorCode.MalformedRequest);
    }

    [Fact]
    public async Task Keys_ComeInPages_WithTheirTextWhereItIsPrintable()
    {
        await using var gateway = await GatewayFixture.Start();
        var program = gateway.Market.AddProgram(GatewayFixture.Alice);
        var page = await (await gateway.Client.Get($"{Routes.ProgramState(program)}?limit=1")).Read(ApiJson.Default.StateKeyPage);
        Assert.Equal((2, "cafe", "cafe", null), (page.Keys, page.Next, page.Items.Single().Key, page.Items.Single().Text));
        page = await (await gateway.Client.Get($"{Routes.ProgramState(program)}?prefix=ca&after=cafe")).Read(ApiJson.Default.StateKeyPage);
        Assert.Equal((null, "cafe"), (page.Next, page.Items[1].Text));
        await gateway
            .Client.Get($"{Routes.ProgramState(program)}?prefix=xyz")
            .Refused(HttpStatusCode.BadRequest, ErrorCode.MalformedRequest);
    }

    [Fact]
    public async Task Chunks_AreReadAndSent()
    {
        await using var gateway = await GatewayFixture.Start();
        var program = gateway.Market.AddProgram(GatewayFixture.Alice);
        var chunk = await (await gateway.Client.Get(Routes.ProgramStateExport(program))).Read(ApiJson.Default.StateExport);
        Assert.Equal($"{FakeStateGrain.Root}", chunk.Next);
        chunk = await (await gateway.Client.Get($"{Routes.ProgramStateExport(program)}?after={chunk.Next}")).Read(
            ApiJson.Default.StateExport
        );
        Assert.Null(chunk.Next);
        await gateway
            .Client.Get($"{Routes.ProgramStateExport(program)}?after=1")
            .Refused(HttpStatusCode.BadRequest, ErrorCode.MalformedRequest);

        var path = Routes.ProgramStateImport(program);
        using var sent = await gateway.Client.Post(
            path,
            new StateImportRequest(FakeStateGrain.Root, new byte[5]),
            ApiJson.Default.StateImportRequest
        );
        Assert.Equal(5, (await sent.Read(ApiJson.Default.ImportedState)).Keys);
        await gateway
            .Client.Post(path, new StateImportRequest(FakeStateGrain.Root, default), ApiJson.Default.StateImportRequest)
            .Refused(HttpStatusCode.Conflict, ErrorCode.StateNotEmpty);
    }

    [Fact]
    public async Task StateOfOthers_IsAnsweredLikeThatOfNoProgram()
    {
        await using var gateway = await GatewayFixture.Start();
        var program = gateway.Market.AddProgram(GatewayFixture.Alice);
        var unknown = ProgramId.Parse("prog" + new string('9', 64));
        using var mallory = gateway.ClientOf(gateway.OtherKey);
        foreach (var which in new[] { program, unknown })
        {
            foreach (
                var path in new[] { Routes.ProgramState(which), Routes.ProgramStateKey(which, "cafe"u8), Routes.ProgramStateExport(which) }
            )
            {
                await mallory.Get(path).Refused(HttpStatusCode.NotFound, ErrorCode.ProgramNotFound);
            }
            await mallory
                .Post(
                    Routes.ProgramStateImport(which),
                    new StateImportRequest(FakeStateGrain.Root, new byte[5]),
                    ApiJson.Default.StateImportRequest
                )
                .Refused(HttpStatusCode.NotFound, ErrorCode.ProgramNotFound);
        }
    }

    [Fact]
    public async Task RootThatIsGone_IsSaidToBe()
    {
        await using var gateway = await GatewayFixture.Start();
        var program = gateway.Market.AddProgram(GatewayFixture.Alice);
        await gateway
            .Client.Get($"{Routes.ProgramStateKey(program, "cafe"u8)}?root={new string('8', 64)}")
            .Refused(HttpStatusCode.Conflict, ErrorCode.StateRootGone);
    }
}
