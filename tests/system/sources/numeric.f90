! Linear algebra, formatted and unformatted files, allocation and intrinsic functions.
program numeric
  implicit none
  integer, parameter :: n = 60
  real(8), allocatable :: a(:, :), x(:), b(:)
  real(8) :: factor
  integer :: i, j, k, unit, total
  character(len=20) :: word
  allocate (a(n, n), x(n), b(n))
  do i = 1, n
    do j = 1, n
      a(i, j) = 1.0d0/(i + j) + merge(n, 0, i == j)
    end do
    x(i) = sin(real(i, 8))
  end do
  b = matmul(a, x)
  do k = 1, n - 1
    do i = k + 1, n
      factor = a(i, k)/a(k, k)
      a(i, k:n) = a(i, k:n) - factor*a(k, k:n)
      b(i) = b(i) - factor*b(k)
    end do
  end do
  do i = n, 1, -1
    b(i) = (b(i) - dot_product(a(i, i + 1:n), b(i + 1:n)))/a(i, i)
  end do
  print '(a,es10.2)', 'small error: ', merge(0.0d0, 1.0d0, maxval(abs(b - x)) < 1.0d-10)
  open (newunit=unit, file='data.bin', form='unformatted', access='stream')
  write (unit) x(1:10), n
  close (unit)
  open (newunit=unit, file='data.txt')
  write (unit, '(3f12.6)') x(1:9)
  rewind (unit)
  read (unit, *) b(1:9)
  close (unit)
  print '(3f10.5)', b(1:3)
  read (*, *) word, total
  print *, trim(word), total*2, huge(total), epsilon(1.0d0)
  write (0, *) 'on stderr'
  stop 3
end program numeric
