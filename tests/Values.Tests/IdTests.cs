using System.Text.Json;

namespace Marketplace.Tests.Values;

public sealed class IdTests
{
    private const string Digits = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

    [Fact]
    public void BlobId_RoundTripsThroughTextAndJson()
    {
        var id = BlobId.Parse("blob" + Digits);

        Assert.Equal("blob" + Digits, id.ToString());
        Assert.Equal(id, JsonSerializer.Deserialize<BlobId>(JsonSerializer.Serialize(id)));
    }

    [Fact]
    public void Id_IsReadInEitherCaseAndWrittenInLowerCase() => Assert.Equal(Digits, JobId.Parse(Digits.ToUpperInvariant()).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("blob")]
    [InlineData("blob0011")]
    [InlineData("prog" + Digits)]
    [InlineData("blob" + Digits + "0")]
    [InlineData("blobg0112233445566778899aabbccddeeff00112233445566778899aabbccddeeff")]
    public void MalformedBlobId_IsRefusedWithWhatIsExpected(string text)
    {
        Assert.False(BlobId.TryParse(text, out _));
        var refusal = Assert.Throws<FormatException>(() => BlobId.Parse(text));
        Assert.Contains("'blob' and 64 hexadecimal digits", refusal.Message);
    }

    [Fact]
    public void Order_IsTheOrderOfTheText()
    {
        var low = JobId.Parse("0f" + Digits[2..]);
        var high = JobId.Parse("f0" + Digits[2..]);

        Assert.True(low.CompareTo(high) < 0);
        Assert.Equal(0, low.CompareTo(low));
    }

    [Fact]
    public void LeaseId_RoundTrips() => Assert.Equal(new LeaseId(3, 17), LeaseId.Parse(new LeaseId(3, 17).ToString()));

    [Theory]
    [InlineData("")]
    [InlineData("3")]
    [InlineData("-3-4")]
    [InlineData("3-")]
    [InlineData("99999999999999999999-1")]
    public void MalformedLeaseId_IsRefused(string text) => Assert.Throws<FormatException>(() => LeaseId.Parse(text));
}
