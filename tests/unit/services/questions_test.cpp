// What relatives ask each other, and the files of running programs.
#include "hypervisor/process/questions.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <thread>

#include "hypervisor/process/program_files.hpp"
#include "hypervisor/vcpu/interruptible.hpp"

namespace kx::hv {
namespace {

class QuestionsTest : public ::testing::Test {
 protected:
  void SetUp() override { install_kick_handler(); }

  std::int64_t ask(std::uint32_t number, const std::function<void()>& tell, RelativeAnswer& answer,
                   std::uint64_t patience_ns = 10'000'000'000) {
    abi::Question question{};
    question.number = number;
    return questions.ask(question, {std::byte{7}}, {&kicked, ipc::deadline_after(patience_ns)}, tell, answer);
  }
  bool next(abi::Question& question) {
    std::vector<std::byte> data;
    return questions.next(question, data);
  }

  Questions questions;
  std::uint32_t kicked = 0;
};

TEST_F(QuestionsTest, AnAnswerReachesWhoAsked) {
  RelativeAnswer answer;
  std::thread answers;
  const auto tell = [&] {
    answers = std::thread([&] {
      abi::Question question;
      std::vector<std::byte> data;
      ASSERT_TRUE(questions.next(question, data));
      EXPECT_EQ(question.number, 5u);
      EXPECT_EQ(data.size(), 1u);
      EXPECT_FALSE(questions.next(question, data));
      ASSERT_TRUE(questions.find(question.id).has_value());
      EXPECT_TRUE(questions.answer(question.id, {3, {std::byte{1}, std::byte{2}, std::byte{3}}, {}, {}}));
      EXPECT_FALSE(questions.answer(question.id, {}));
    });
  };
  EXPECT_EQ(ask(5, tell, answer), 3);
  EXPECT_EQ(answer.data.size(), 3u);
  answers.join();
}

TEST_F(QuestionsTest, AKickEndsTheWaitAndTheQuestionIsGone) {
  RelativeAnswer answer;
  abi::Question question{};
  kicked = 1;
  EXPECT_EQ(ask(
                1, [&] { EXPECT_TRUE(next(question)); }, answer),
            -EINTR);
  EXPECT_FALSE(questions.answer(question.id, {}));
  EXPECT_FALSE(next(question));
}

TEST_F(QuestionsTest, WhoDoesNotAnswerPermitsNothing) {
  RelativeAnswer answer;
  EXPECT_EQ(ask(
                1, [] {}, answer, 1'000'000),
            -EPERM);
}

TEST_F(QuestionsTest, OnlyWhatWasTakenIsAnswered) {
  RelativeAnswer answer;
  EXPECT_EQ(ask(
                1, [&] { EXPECT_FALSE(questions.answer(1, {})); }, answer, 1'000'000),
            -EPERM);
}

TEST_F(QuestionsTest, TheEndOfTheAskedEndsWaits) {
  RelativeAnswer answer;
  EXPECT_EQ(ask(
                1, [&] { questions.close(); }, answer),
            -ESRCH);
  EXPECT_EQ(ask(
                1, [] {}, answer),
            -ESRCH);
}

TEST(ProgramFilesTest, AFileIsBusyAsLongAsItIsHeld) {
  ProgramFiles programs;
  const auto open = [] { return std::make_shared<const UniqueFd>(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC)); };
  struct stat status {};
  ASSERT_EQ(::stat("/proc/self/exe", &status), 0);
  EXPECT_FALSE(programs.is_running(status.st_dev, status.st_ino));
  Program one = programs.add(open()), other = programs.add(open());
  EXPECT_TRUE(programs.is_running(status.st_dev, status.st_ino));
  one.reset();
  EXPECT_TRUE(programs.is_running(status.st_dev, status.st_ino));
  other.reset();
  EXPECT_FALSE(programs.is_running(status.st_dev, status.st_ino));
  EXPECT_EQ(programs.add(nullptr), nullptr);
}

}  // namespace
}  // namespace kx::hv
