using Marketplace.Chain;
using Marketplace.Grains;
using Marketplace.Receipts;
using Marketplace.Silo;

namespace Marketplace.Tests.Silo;

public sealed class SiloOptionsTests
{
    private const string Escrow = "0x00000000000000000000000000000000000000e5";

    /// <summary>What no silo of this build starts without.</summary>
    private static string[] Required => HostKind.IsCluster ? ["--database", "Host=h;Database=d"] : [];

    [Theory]
    [InlineData("--data", " ", "a folder")]
    [InlineData("--urls", "nowhere", "http or https addresses")]
    [InlineData("--worker", "maybe", "true or false")]
    [InlineData("--worker-slots", "-1", "0 to 1024")]
    [InlineData("--worker-slots", "many", "a whole number")]
    [InlineData("--worker-price", "0", "a whole number of base units, at least 1")]
    [InlineData("--worker-label", "GPU", "at most")]
    [InlineData("--worker-min-buyer-reputation", "1001", "0 to 1000")]
    [InlineData("--worker-committee", "maybe", "true or false")]
    [InlineData("--admit-workers", "all", "any or known")]
    [InlineData("--isolation", "prison", "none, process, sandbox or auto")]
    [InlineData("--initial-credit", "much", "a whole number of base units")]
    [InlineData("--queue-mib", "0", "1 or more")]
    [InlineData("--queue-wait-ms", "9", "10 or more")]
    [InlineData("--queue-mib", "99999999999", "a whole number, at most 2147483647")]
    [InlineData("--disk-floor-mib", "-1", "0 or more")]
    [InlineData("--unbonding-hours", "0", "8 to")]
    [InlineData("--epoch", "-1", "minutes")]
    [InlineData("--epoch", "hour", "a whole number")]
    [InlineData("--epoch-shares", "0", "seconds")]
    [InlineData("--committee-stake", "0", "a whole number of base units, at least 1")]
    [InlineData("--reuse-price", "200", "1 to 100 percent")]
    [InlineData("--reuse-days", "0", "1 to")]
    [InlineData("--keep-jobs", "29", "30 to 36500 days, in which a job may still be disputed, or 0 to keep jobs for ever")]
    [InlineData("--keep-jobs", "-1", "30 to")]
    [InlineData("--keep-jobs", "36501", "30 to")]
    [InlineData("--chain", "bitcoin", "none or evm")]
    [InlineData("--chain-quorum", "1", "1 to 0, the number of URLs of --chain-rpc")]
    [InlineData("--chain-quorum", "most", "a whole number")]
    [InlineData("--chain-id", "-1", "a whole number, at least 1")]
    [InlineData("--chain-id", "0", "a whole number, at least 1")]
    [InlineData("--escrow", "0x12", "0x and 40 hexadecimal digits")]
    [InlineData("--escrow", "0x0000000000000000000000000000000000000000", "0x and 40 hexadecimal digits")]
    [InlineData("--escrow", "0x00000000000000000000000000000000000000aB", "in one case or in that of EIP-55")]
    [InlineData("--chain-confirmations", "0", "1 to 1000 blocks")]
    [InlineData("--settle-every", "10", "a time such as 30s, 10m or 1h")]
    [InlineData("--settle-every", "25h", "from 1s to 24h")]
    [InlineData("--chain-fee-max", "1.5", "a whole number of wei")]
    [InlineData("--name", "a b", "letters")]
    [InlineData("--trusted-proxies", "proxy", "IP addresses")]
    [InlineData("--allow-plaintext", "perhaps", "true or false")]
    [InlineData("--otlp", "127.0.0.1:4317", "an http or https URL")]
    [InlineData("--otlp", "grpc://127.0.0.1:4317", "such as http://127.0.0.1:4318")]
    [InlineData("--trace-sample", "1.5", "a number from 0 to 1")]
    [InlineData("--trace-sample", "-0.1", "a number from 0 to 1")]
    [InlineData("--trace-sample", "NaN", "a number from 0 to 1")]
    [InlineData("--trace-sample", "1%", "a number from 0 to 1")]
    public void WrongValue_IsRefusedUnderTheNameThatWasTyped_WithWhatIsAllowed(string option, string value, string allowed)
    {
        var refusal = Assert.Throws<SiloOptionsException>(() => SiloConfiguration.Read([option, value]));

        Assert.StartsWith($"{option} is '{value}'; allowed: ", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(allowed, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://me:secret@127.0.0.1:4318", "http://***@127.0.0.1:4318")]
    [InlineData("me:secret@127.0.0.1:4318/v1", "***@127.0.0.1:4318/v1")]
    [InlineData("http://127.0.0.1:4318/?key=secret", "http://127.0.0.1:4318/?***")]
    [InlineData("http://me:sec/ret@collector", "http://***@collector")]
    [InlineData("http://me:sec@ret@collector?key=secret#secret", "http://***@collector?***")]
    public void ReceiverWithAPassword_IsRefused_WithoutThePassword(string typed, string shown)
    {
        var refusal = Assert.Throws<SiloOptionsException>(() => SiloConfiguration.Read(["--otlp", typed]));

        Assert.StartsWith($"--otlp is '{shown}'; allowed: ", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("without user, query and fragment", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--chain is 'evm', and --chain-rpc is not given", "--chain", "evm")]
    [InlineData(
        "--chain is 'evm', and --chain-key is not given",
        "--chain",
        "evm",
        "--chain-rpc",
        "http://n",
        "--chain-id",
        "1",
        "--escrow",
        Escrow
    )]
    [InlineData("--escrow is given, and --chain is 'none'", "--escrow", Escrow)]
    [InlineData("--chain-headers is 'agreed', with 1 URLs in --chain-rpc", "--chain-headers", "agreed", "--chain-rpc", "http://n")]
    [InlineData(
        "--chain-headers is 'agreed', with 4 URLs in --chain-rpc and --chain-quorum 2",
        "--chain-headers",
        "agreed",
        "--chain-quorum",
        "2",
        "--chain-rpc",
        "http://a;http://b;http://c;http://d"
    )]
    [InlineData("--chain-rpc: number 2 of its 2 URLs", "--chain-rpc", "http://n;secret")]
    [InlineData("--chain-rpc names 2 URLs", "--chain-rpc", "http://n/secret;http://n/secret")]
    [InlineData("--chain-passphrase can be read by all users", "--chain-passphrase", "secret")]
    public void HalfAChain_IsRefused_AndNothingSecretIsSaid(string expected, params string[] typed)
    {
        var refusal = Assert.Throws<SiloOptionsException>(() => SiloConfiguration.Read(typed));

        Assert.StartsWith(expected, refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void EffectiveSettings_NameTheirSource_AndTellNoSecret()
    {
        var options = SiloConfiguration.Read([.. Required, "--worker-slots", "4"])!;
        options.ChainRpc = "http://n/secret";
        options.ChainPassphrase = "secret";
        options.CertificatePassword = "secret";
        options.Database = "Host=h;Password=secret";

        var settings = SiloConfiguration.Effective(options).Settings;

        Assert.DoesNotContain(settings, setting => setting.Value?.Contains("secret", StringComparison.Ordinal) == true);
        var told = settings.ToDictionary(setting => setting.Name);
        Assert.Equal(("4", SettingSource.CommandLine), (told["--worker-slots"].Value, told["--worker-slots"].Source));
        Assert.Equal(("10m", SettingSource.Default), (told["--settle-every"].Value, told["--settle-every"].Source));
        Assert.True(told["--chain-rpc"].Secret);
        Assert.Equal("MARKET_WORKER_SLOTS", told["--worker-slots"].Variable);
    }

    [Fact]
    public void ChainOptions_AreReadAsTheyAreMeant()
    {
        var options = SiloConfiguration.Read([
            .. Required,
            "--chain",
            "evm",
            "--chain-rpc",
            "http://a; https://b;http://c",
            "--chain-quorum",
            "2",
            "--chain-headers",
            "agreed",
            "--chain-id",
            "31337",
            "--escrow",
            Escrow,
            "--chain-key",
            "file",
            "--chain-confirmations",
            "3",
            "--settle-every",
            "90s",
            "--chain-fee-max",
            "7",
        ])!;

        Assert.Equal(HeaderHashCheck.UnlessFieldsAreUnknown, options.HeaderHashes);
        Assert.Equal(HeaderHashCheck.Always, SiloConfiguration.Read(Required)!.HeaderHashes);
        var market = default(Bytes32);
        Assert.Equal(new MarketDomain(market, 31337, EvmAddress.Parse(Escrow)), options.DomainOf(market));
        Assert.Equal(
            new SettlementTerms
            {
                Confirmations = 3,
                Interval = TimeSpan.FromSeconds(90),
                FeeMax = 7,
            },
            options.Settlements
        );
        Assert.Equal(new SettlementTerms(), SiloConfiguration.Read(Required)!.Settlements);
    }
}
