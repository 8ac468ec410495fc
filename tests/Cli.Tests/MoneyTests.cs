namespace Marketplace.Cli.Tests;

/// <summary>Amounts of a token, as people type and read them.</summary>
public sealed class MoneyTests
{
    [Theory]
    [InlineData("1500000", 1_500_000)]
    [InlineData("1,500,000", 1_500_000)]
    [InlineData("1_500_000", 1_500_000)]
    [InlineData("1.5DEV", 1_500_000)]
    [InlineData("1.5 dev", 1_500_000)]
    [InlineData("1,234.000001DEV", 1_234_000_001)]
    [InlineData("0.10DEV", 100_000)]
    [InlineData("007DEV", 7_000_000)]
    public void Typed_IsBaseUnits_OrTokensWithTheirSymbol(string text, ulong expected)
    {
        Assert.True(TypedMoney.TryParse(text, out var typed), text);
        Assert.Equal(new TokenAmount(expected), typed.Of("DEV", 6));
    }

    [Theory]
    [InlineData("")]
    [InlineData("1.5")]
    [InlineData("1,5")]
    [InlineData("1,5DEV")]
    [InlineData("1.5,000DEV")]
    [InlineData("1.DEV")]
    [InlineData(".5DEV")]
    [InlineData("-1DEV")]
    [InlineData("1..5DEV")]
    [InlineData("DEV")]
    [InlineData("340282366920938463463374607431768211456")]
    public void WhatCouldMeanSomethingElse_IsRefused(string text) => Assert.False(TypedMoney.TryParse(text, out _), text);

    [Theory]
    [InlineData("1ETH")]
    [InlineData("0.0000001DEV")]
    [InlineData("340282366920938463463374607431768211456DEV")]
    public void OfAnotherToken_OrTooFine_IsUsage(string text)
    {
        Assert.True(TypedMoney.TryParse(text, out var typed), text);
        Assert.Equal(ExitCodes.Usage, Assert.Throws<CommandException>(() => typed.Of("DEV", 6)).Failure.ExitCode);
    }

    [Theory]
    [InlineData(0, 6, "0 DEV")]
    [InlineData(1, 6, "0.000001 DEV")]
    [InlineData(1_500_000, 6, "1.5 DEV")]
    [InlineData(1_234_000_000, 6, "1,234 DEV")]
    [InlineData(42, 0, "42 DEV")]
    [InlineData(5, 18, "0.000000000000000005 DEV")]
    public void Shown_HasAllItsDecimals_AndNoZerosBehind(ulong amount, int decimals, string expected) =>
        Assert.Equal(expected, new Money(new TokenAmount(amount), "DEV", decimals).ToString());
}
