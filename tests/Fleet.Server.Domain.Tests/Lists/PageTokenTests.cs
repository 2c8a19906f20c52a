using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Domain.Lists;
using Fleet.Server.Domain.Terminals;

namespace Fleet.Server.Domain.Tests.Lists;

public sealed class PageTokenTests
{
    [TestCase("")]
    [TestCase("lane-1")]
    [TestCase("123456789")]
    public void Token_gives_back_its_key(string key)
    {
        Assert.That(PageToken.TryRead("list", PageToken.Write("list", key), out var read), Is.True);
        Assert.That(read, Is.EqualTo(key));
    }

    [Test]
    public void Token_of_another_list_is_refused() =>
        Assert.That(PageToken.TryRead("terminals:state = ACTIVE", PageToken.Write("terminals:", "lane1"), out _), Is.False);

    [TestCase("x")]
    [TestCase("....")]
    [TestCase("AAAA")]
    [TestCase("AAAAAAAAAAAAAAAAAAAA")]
    public void Damaged_token_is_refused(string token) => Assert.That(PageToken.TryRead("list", token, out _), Is.False);

    [FsCheck.NUnit.Property]
    public bool Any_text_is_read_or_refused(string? token)
    {
        _ = PageToken.TryRead("list", token ?? string.Empty, out _);
        return true;
    }

    [TestCase("SETTLE_AND_LOCK", CommandKind.SettleAndLock)]
    [TestCase("settle_and_lock", CommandKind.SettleAndLock)]
    [TestCase("SettleAndLock", CommandKind.SettleAndLock)]
    public void Enum_word_is_read(string word, CommandKind expected)
    {
        Assert.That(EnumWords.TryParse<CommandKind>(word, out var kind), Is.True);
        Assert.That(kind, Is.EqualTo(expected));
    }

    [TestCase("3")]
    [TestCase("NO_SUCH")]
    [TestCase("DISABLE,ENABLE")]
    [TestCase("_")]
    public void Text_that_is_no_member_is_refused(string word) => Assert.That(EnumWords.TryParse<CommandKind>(word, out _), Is.False);

    [Test]
    public void Word_of_a_member_is_upper_snake_case()
    {
        Assert.That(EnumWords.Of(CommandState.AwaitingApproval), Is.EqualTo("AWAITING_APPROVAL"));
        foreach (var state in Enum.GetValues<TerminalState>())
        {
            Assert.That(EnumWords.TryParse<TerminalState>(EnumWords.Of(state), out var read) && read == state, Is.True);
        }
    }
}
