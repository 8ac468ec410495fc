using System.Text.Json;

namespace Marketplace.Tests.Values;

public sealed class AssuranceTests
{
    /// <summary>All that there are: 1 + 1000 + 80 + 14.</summary>
    private static List<Assurance> All()
    {
        var all = new List<Assurance> { Assurance.None };
        for (var permille = Assurance.PermilleMin; permille <= Assurance.PermilleMax; permille++)
        {
            all.Add(Assurance.Audit(permille));
        }
        for (var seats = Assurance.QuorumSeatsMin; seats <= Assurance.QuorumSeatsMax; seats++)
        {
            for (var agreeing = (seats / 2) + 1; agreeing <= seats; agreeing++)
            {
                all.Add(Assurance.Quorum(agreeing, seats));
            }
        }
        for (var seats = Assurance.CommitteeSeatsMin; seats <= Assurance.CommitteeSeatsMax; seats++)
        {
            all.Add(Assurance.Committee(seats));
        }
        return all;
    }

    [Fact]
    public void EveryAssurance_HasOneTextThatReadsBack()
    {
        var all = All();
        var texts = all.Select(each => each.ToString()).ToHashSet();

        Assert.Equal(all.Count, texts.Count);
        Assert.Equal(Assurance.CharsMax, texts.Max(text => text.Length));
        foreach (var each in all)
        {
            Assert.Equal(each, Assurance.Parse(each.ToString()));
            Assert.Equal($"\"{each}\"", JsonSerializer.Serialize(each, Plain));
            Assert.Equal(each, JsonSerializer.Deserialize<Assurance>(JsonSerializer.Serialize(each)));
        }
    }

    /// <summary>Of all texts with up to four of the characters that may stand behind a kind only the canonical are read.</summary>
    [Fact]
    public void NoOtherText_IsReadAsAnAssurance()
    {
        const string Letters = "0123456789./% ";
        var canonical = All().Select(each => each.ToString()).ToHashSet();
        var read = 0;
        foreach (var kind in (string[])["audit:", "quorum:", "committee:", "none", "none:"])
        {
            var rests = new List<string> { "" };
            for (var length = 0; length <= 4; length++)
            {
                foreach (var rest in rests)
                {
                    var text = kind + rest;
                    Assert.True(Assurance.TryParse(text, out _) == canonical.Contains(text), text);
                    read += canonical.Contains(text) ? 1 : 0;
                }
                rests = length == 4 ? [] : [.. rests.SelectMany(rest => Letters.Select(letter => rest + letter))];
            }
        }
        Assert.True(read > 100, $"only {read} canonical texts were among those tried");
    }

    [Theory]
    [InlineData("none", 1, 1, 0)]
    [InlineData("audit:0.1%", 2, 1, 1)]
    [InlineData("audit:10%", 2, 1, 100)]
    [InlineData("audit:12.5%", 2, 1, 125)]
    [InlineData("audit:100%", 2, 1, 1000)]
    [InlineData("quorum:2/2", 2, 2, 0)]
    [InlineData("quorum:2/3", 3, 2, 0)]
    [InlineData("quorum:9/16", 16, 9, 0)]
    [InlineData("committee:3", 3, 3, 0)]
    [InlineData("committee:4", 4, 3, 0)]
    [InlineData("committee:5", 5, 4, 0)]
    [InlineData("committee:16", 16, 11, 0)]
    public void Text_SaysSeatsAgreementAndChance(string text, int seats, int agreeing, int permille)
    {
        var assurance = Assurance.Parse(text);

        Assert.Equal((seats, agreeing, permille), (assurance.Seats, assurance.Agreeing, assurance.Permille));
        Assert.Equal(text == "none", assurance.IsNone);
    }

    /// <summary>No two results can both have what each needs.</summary>
    [Fact]
    public void Agreement_IsOfMoreThanHalfAndForACommitteeOfMoreThanTwoThirds()
    {
        foreach (var each in All())
        {
            Assert.InRange(each.Agreeing, 1, each.Seats);
            Assert.True(each.Kind != AssuranceKind.Quorum || each.Agreeing * 2 > each.Seats, each.ToString());
            Assert.True(
                each.Kind != AssuranceKind.Committee || (each.Agreeing * 3 > each.Seats * 2 && (each.Agreeing - 1) * 3 <= each.Seats * 2),
                each.ToString()
            );
        }
    }

    [Fact]
    public void Default_IsNone()
    {
        Assert.Equal(Assurance.None, default);
        Assert.Equal("none", default(Assurance).ToString());
        Assert.Equal(1, default(Assurance).Seats);
    }

    [Theory]
    [InlineData("", "no known kind")]
    [InlineData("None", "no known kind")]
    [InlineData(" none", "no known kind")]
    [InlineData("none:", "takes nothing after it")]
    [InlineData("audit", "ends with %")]
    [InlineData("audit:", "ends with %")]
    [InlineData("audit:10", "ends with %")]
    [InlineData("audit:%", "no number")]
    [InlineData("audit:.5%", "no number")]
    [InlineData("audit:5.%", "no number")]
    [InlineData("audit:+5%", "no number")]
    [InlineData("audit:-5%", "no number")]
    [InlineData("audit:1e1%", "no number")]
    [InlineData("audit:0%", "0.0% is not from 0.1% to 100%")]
    [InlineData("audit:100.1%", "100.1% is not from 0.1% to 100%")]
    [InlineData("audit:99999%", "99999.0% is not from 0.1% to 100%")]
    [InlineData("audit:0.01%", "more than one decimal")]
    [InlineData("audit:10.0%", "written audit:10%")]
    [InlineData("audit:010%", "written audit:10%")]
    [InlineData("audit: 10%", "no number")]
    [InlineData("quorum", "joined by /")]
    [InlineData("quorum:3", "joined by /")]
    [InlineData("quorum:2/", "joined by /")]
    [InlineData("quorum:2/3/", "joined by /")]
    [InlineData("quorum:2 /3", "joined by /")]
    [InlineData("quorum:0/2", "not more than half")]
    [InlineData("quorum:1/3", "1 of 3 seats are not more than half")]
    [InlineData("quorum:2/4", "2 of 4 seats are not more than half")]
    [InlineData("quorum:4/3", "4 of 3 seats cannot agree")]
    [InlineData("quorum:1/1", "1 seats are not from 2 to 16")]
    [InlineData("quorum:9/17", "17 seats are not from 2 to 16")]
    [InlineData("quorum:04/5", "written quorum:4/5")]
    [InlineData("quorum:4/05", "written quorum:4/5")]
    [InlineData("committee", "whole number")]
    [InlineData("committee:", "whole number")]
    [InlineData("committee:5.", "whole number")]
    [InlineData("committee:2", "2 members are not from 3 to 16")]
    [InlineData("committee:17", "17 members are not from 3 to 16")]
    [InlineData("committee:05", "written committee:5")]
    [InlineData("committee:005", "more than 12 characters")]
    [InlineData("audit:10%\n", "ends with %")]
    [InlineData("audit:١٠%", "no number")]
    public void OtherText_IsRefusedWithWhatIsWrongAndWhatIsAllowed(string text, string fault)
    {
        Assert.False(Assurance.TryParse(text, out var none));
        Assert.Equal(Assurance.None, none);

        var refusal = Assert.Throws<FormatException>(() => Assurance.Parse(text));

        Assert.Contains($"'{text}'", refusal.Message);
        Assert.Contains(fault, refusal.Message);
        Assert.Contains(Assurance.Form, refusal.Message);
        Assert.Equal(
            refusal.Message,
            Assert
                .Throws<JsonException>(() => JsonSerializer.Deserialize<Assurance>(JsonSerializer.Serialize(text)))
                .Message.Split(" Path:")[0]
        );
    }

    [Fact]
    public void LongText_IsToldOnlyInPart()
    {
        var refusal = Assert.Throws<FormatException>(() => Assurance.Parse(new string('9', 1000)));

        Assert.InRange(refusal.Message.Length, 60, 300);
    }

    [Theory]
    [InlineData("5")]
    [InlineData("null")]
    [InlineData("{}")]
    public void JsonThatIsNoString_IsRefused(string json) =>
        Assert.Contains(Assurance.Form, Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Assurance>(json)).Message);

    [Fact]
    public void NumbersOutOfRange_MakeNoAssurance()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Assurance.Audit(Assurance.PermilleMin - 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Assurance.Audit(Assurance.PermilleMax + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Assurance.Quorum(1, Assurance.QuorumSeatsMin));
        Assert.Throws<ArgumentOutOfRangeException>(() => Assurance.Quorum(1, Assurance.QuorumSeatsMin - 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Assurance.Quorum(Assurance.QuorumSeatsMax + 1, Assurance.QuorumSeatsMax + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Assurance.Quorum(int.MaxValue, 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => Assurance.Committee(Assurance.CommitteeSeatsMin - 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Assurance.Committee(Assurance.CommitteeSeatsMax + 1));
    }

    private static readonly JsonSerializerOptions Plain = new()
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
}
