using System.Globalization;
using System.Text.Json;

namespace Marketplace.Tests.Values;

public sealed class TokenAmountTests
{
    private static readonly TokenAmount Largest = new(UInt128.MaxValue);

    [Fact]
    public void Sum_BeyondTheRange_Throws() => Assert.Throws<OverflowException>(() => Largest + new TokenAmount(1));

    [Fact]
    public void Difference_BelowZero_Throws() => Assert.Throws<OverflowException>(() => TokenAmount.Zero - new TokenAmount(1));

    [Fact]
    public void Product_BeyondTheRange_Throws() => Assert.Throws<OverflowException>(() => Largest * 2);

    [Theory]
    [InlineData(10, 1, 3, 4)]
    [InlineData(9, 1, 3, 3)]
    [InlineData(0, 7, 3, 0)]
    public void Division_RoundsUp(ulong amount, ulong numerator, ulong denominator, ulong expected) =>
        Assert.Equal(new TokenAmount(expected), new TokenAmount(amount).MultiplyDivideRoundingUp(numerator, denominator));

    [Fact]
    public void Division_KeepsItsIntermediateProductExact() =>
        Assert.Equal(Largest, Largest.MultiplyDivideRoundingUp(UInt128.MaxValue, UInt128.MaxValue));

    [Fact]
    public void Division_BeyondTheRange_Throws() => Assert.Throws<OverflowException>(() => Largest.MultiplyDivideRoundingUp(2, 1));

    [Fact]
    public void Amounts_AreComparedByAllOfTheirBits()
    {
        TokenAmount[] rising =
        [
            TokenAmount.Zero,
            new(1),
            new(ulong.MaxValue),
            new(UInt128.One << 64),
            new((UInt128.One << 64) + 1),
            Largest,
        ];

        Assert.Equal(rising, rising.Reverse().Order());
        Assert.All(rising.Zip(rising.Skip(1)), pair => Assert.True(pair.First < pair.Second && pair.Second > pair.First));
        Assert.All(rising, amount => Assert.True(amount == new TokenAmount(amount.BaseUnits) && amount.IsZero == (amount == rising[0])));
    }

    [Fact]
    public void SumsDifferencesAndTexts_AreThoseOf128Bits()
    {
        UInt128[] numbers =
        [
            0,
            1,
            ulong.MaxValue - 1,
            ulong.MaxValue,
            UInt128.One << 64,
            (UInt128.One << 64) + 1,
            (UInt128.One << 127) + ulong.MaxValue,
            UInt128.MaxValue - 1,
            UInt128.MaxValue,
        ];
        foreach (var left in numbers)
        {
            Assert.Equal(left, TokenAmount.Parse(left.ToString(CultureInfo.InvariantCulture)).BaseUnits);
            Assert.Equal(left.ToString(CultureInfo.InvariantCulture), new TokenAmount(left).ToString());
            foreach (var right in numbers)
            {
                Assert.Equal(Try(() => checked(left + right)), Try(() => (new TokenAmount(left) + new TokenAmount(right)).BaseUnits));
                Assert.Equal(Try(() => checked(left - right)), Try(() => (new TokenAmount(left) - new TokenAmount(right)).BaseUnits));
            }
        }

        static UInt128? Try(Func<UInt128> number)
        {
            try
            {
                return number();
            }
            catch (OverflowException)
            {
                return null;
            }
        }
    }

    [Fact]
    public void Json_KeepsEveryDigit()
    {
        var json = JsonSerializer.Serialize(Largest);

        Assert.Equal("\"340282366920938463463374607431768211455\"", json);
        Assert.Equal(Largest, JsonSerializer.Deserialize<TokenAmount>(json));
    }

    [Theory]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData(" 1")]
    [InlineData("1e3")]
    [InlineData("340282366920938463463374607431768211456")]
    [InlineData("0000000000000000000000000000000000000001")]
    public void Text_ThatIsNotAnAmount_IsRefused(string text) => Assert.Throws<FormatException>(() => TokenAmount.Parse(text));
}
